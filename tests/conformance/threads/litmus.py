# What every interleaving must keep: publication order, lock exclusion, no torn values, no lost wake-ups.
import threading, time, sys
def pair(a, b, rounds=300):
    bad = []
    for _ in range(rounds):
        barrier = threading.Barrier(2); state = {}
        def left(): barrier.wait(); a(state)
        def right():
            barrier.wait()
            r = b(state)
            if r is not None: bad.append(r)
        ts = [threading.Thread(target=left), threading.Thread(target=right)]
        [t.start() for t in ts]; [t.join() for t in ts]
    return bad
class Box: pass
def publish(state):
    box = Box(); box.value = list(range(10)); box.ready = True
    state["box"] = box
def observe(state):
    for _ in range(1000):
        box = state.get("box")
        if box is not None:
            return None if box.ready and box.value == list(range(10)) else "half-built object seen"
print(pair(publish, observe, 100))
x = 0
lock = threading.Lock()
def locked(n):
    global x
    for _ in range(n):
        lock.acquire()
        try: x = x + 1
        finally: lock.release()
ts = [threading.Thread(target=locked, args=(2000,)) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(x)
values = (0, 2 ** 62, -2 ** 70, 1.5, 1e300, "text", "é" * 50, None, (1, 2), [1], {1: 2})
legal = {repr(v) for v in values}
holder = Box(); holder.v = 0; cells = [0]; table = {"k": 0}; torn = []; stop = False
glob = 0
def writer():
    global glob, stop
    for i in range(8000):
        v = values[i % len(values)]
        holder.v = v; cells[0] = v; table["k"] = v; glob = v
    stop = True
def reader():
    while not stop:
        for v in (holder.v, cells[0], table["k"], glob):
            if repr(v) not in legal: torn.append(v)
ts = [threading.Thread(target=f) for f in (writer, reader, reader)]
[t.start() for t in ts]; [t.join() for t in ts]
print(torn)
turns = []
cond = threading.Condition(); turn = 0
def take(i):
    global turn
    for k in range(100):
        with cond:
            while turn % 3 != i: cond.wait()
            turns.append(i); turn += 1; cond.notify_all()
ts = [threading.Thread(target=take, args=(i,)) for i in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
print(turns == [0, 1, 2] * 100)
a, b = threading.Event(), threading.Event(); rallies = 0
def ping():
    global rallies
    for _ in range(200): a.wait(); a.clear(); rallies += 1; b.set()
def pong():
    for _ in range(200): a.set(); b.wait(); b.clear()
ts = [threading.Thread(target=f) for f in (ping, pong)]
[t.start() for t in ts]; [t.join() for t in ts]
print(rallies)
accounts = [100] * 5; locks = [threading.Lock() for _ in accounts]
def transfer(seed):
    s = seed
    for _ in range(1500):
        s = (s * 1103515245 + 12345) % 2 ** 31
        i, j = s % 5, (s >> 8) % 5
        if i == j: continue
        first, second = sorted((i, j))
        with locks[first], locks[second]:
            amount = min(accounts[i], s >> 16 & 15); accounts[i] -= amount; accounts[j] += amount
ts = [threading.Thread(target=transfer, args=(i,)) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sum(accounts), min(accounts) >= 0)
once = []; initialized = False
def init_once():
    global initialized
    if not initialized:
        with lock:
            if not initialized: once.append(1); initialized = True
ts = [threading.Thread(target=init_once) for _ in range(20)]
[t.start() for t in ts]; [t.join() for t in ts]
print(once)
d = {}
winners = []
def claim(i):
    for k in range(500):
        if d.setdefault(k, i) == i: winners.append(k)
ts = [threading.Thread(target=claim, args=(i,)) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(winners) == list(range(500)))
tokens = list(range(1000)); taken = []
def grab():
    while tokens:
        try: taken.append(tokens.pop())
        except IndexError: pass
ts = [threading.Thread(target=grab) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(taken) == list(range(1000)))
pop_dict = {i: i for i in range(1000)}; popped = []
def popper():
    try:
        while True: popped.append(pop_dict.popitem()[0])
    except KeyError: pass
ts = [threading.Thread(target=popper) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(popped) == list(range(1000)), pop_dict)
rl = threading.RLock(); depth = []
def reenter(n):
    with rl:
        if n: reenter(n - 1)
        else: depth.append(1)
ts = [threading.Thread(target=reenter, args=(50,)) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(len(depth), rl.acquire(timeout=1)); rl.release()
t0 = time.monotonic()
sleepers = [threading.Thread(target=time.sleep, args=(0.1,)) for _ in range(20)]
[t.start() for t in sleepers]; [t.join() for t in sleepers]
print(time.monotonic() - t0 < 1.5)
