# No thread starves: of two that hammer one lock, one list or one dict, or only compute, each gets a part of the turns. How large
# a part in a tenth of a second is measured by benches/threads/fairness.py; a busy machine gives no such promise.
import sys, threading, time

LEAST = 0.1
SECONDS = 0.4
lock, again, items, table = threading.Lock(), threading.RLock(), [], {}
def with_lock():
    with lock: pass
def with_rlock():
    with again: pass
def one_list():
    items.append(None); items.pop()
def one_dict():
    table["key"] = None
def compute():
    n = 0
    for i in range(100): n += i
def shares(turn):
    counts, stop = [0, 0], threading.Event()
    ready = threading.Barrier(3)
    def run(me):
        n = 0
        ready.wait()
        while not stop.is_set():
            turn(); n += 1
        counts[me] = n
    ts = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for t in ts: t.start()
    ready.wait(); time.sleep(SECONDS); stop.set()
    for t in ts: t.join()
    return min(counts) / sum(counts)
before = sys.getswitchinterval()
sys.setswitchinterval(0.001)
for turn in (with_lock, with_rlock, one_list, one_dict, compute):
    # A share is a matter of luck on a busy machine: three draws.
    got = 0
    for _ in range(3):
        got = max(got, shares(turn))
        if got >= LEAST: break
    print(turn.__name__, "each has turns" if got >= LEAST else f"one has {got:.1%} of the turns")
print(abs(sys.getswitchinterval() - 0.001) < 1e-9)
sys.setswitchinterval(before)
