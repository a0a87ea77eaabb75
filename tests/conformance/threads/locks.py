# Lock, RLock, Condition, Semaphore, Event, Barrier.
import threading, time

lock = threading.Lock()
print(lock.acquire(), lock.locked(), lock.acquire(blocking=False), lock.acquire(timeout=0.01), lock.release(), lock.locked())
with lock:
    print(lock.locked())


def show(*codes):
    for code in codes:
        try:
            print(code, "=", eval(code))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


r = threading.RLock()
show("lock.release()", "r.release()", "lock.acquire(False, 1)", "lock.acquire(timeout=-5)", "threading.Semaphore(-1)", "threading.BoundedSemaphore(1).release()", "threading.Condition().wait()", "threading.Condition().notify()", "threading.Barrier(0)", "threading.Event().wait(0.01)", "lock.acquire(timeout='x')", "type(lock).__name__", "threading.Lock(1)")
with r:
    with r:
        got = []
        t = threading.Thread(target=lambda: got.append(r.acquire(blocking=False)))
        t.start(); t.join()
        print(got)
counter = 0


def add(n):
    global counter
    for _ in range(n):
        with lock:
            counter += 1


ts = [threading.Thread(target=add, args=(5000,)) for _ in range(4)]
[t.start() for t in ts]
[t.join() for t in ts]
print(counter)
items = []
cond = threading.Condition()
consumed = []


def consumer():
    for _ in range(50):
        with cond:
            while not items:
                cond.wait()
            consumed.append(items.pop(0))


def producer():
    for i in range(100):
        with cond:
            items.append(i)
            cond.notify()


ts = [threading.Thread(target=consumer) for _ in range(2)] + [threading.Thread(target=producer)]
[t.start() for t in ts]
[t.join() for t in ts]
print(sorted(consumed) == list(range(100)), items)
with cond:
    print(cond.wait(timeout=0.01), cond.wait_for(lambda: True), cond.wait_for(lambda: 0, timeout=0.01))
sem = threading.Semaphore(2)
peak = active = 0


def limited():
    global peak, active
    with sem:
        with lock:
            active += 1
            peak = max(peak, active)
        time.sleep(0.005)
        with lock:
            active -= 1


ts = [threading.Thread(target=limited) for _ in range(8)]
[t.start() for t in ts]
[t.join() for t in ts]
print(peak, active, sem.acquire(blocking=False), sem.acquire(blocking=False), sem.acquire(timeout=0.01), sem.release(2))
event = threading.Event()
order = []


def waiter():
    event.wait()
    order.append("after")


t = threading.Thread(target=waiter)
t.start()
order.append("before")
event.set()
t.join()
print(order, event.is_set(), event.wait(), event.clear(), event.is_set())
barrier = threading.Barrier(3, action=lambda: order.append("action"))
indices = []


def meet():
    for _ in range(3):
        indices.append(barrier.wait())


ts = [threading.Thread(target=meet) for _ in range(3)]
[t.start() for t in ts]
[t.join() for t in ts]
print(sorted(indices), order.count("action"), barrier.parties, barrier.n_waiting, barrier.broken)
try:
    barrier.wait(timeout=0.01)
except threading.BrokenBarrierError as e:
    print("broken", barrier.broken)
barrier.reset()
print(barrier.broken)
b = threading.BoundedSemaphore(1)
b.acquire(); b.release()
lk = threading.Lock()
lk.acquire()
threading.Thread(target=lk.release).start()
print(lk.acquire(timeout=5))
start = time.monotonic()
lk.acquire(timeout=0.05)
print(0.04 <= time.monotonic() - start < 2)
