# concurrent.futures with threads.
from concurrent.futures import *
from concurrent import futures
import threading, time

with ThreadPoolExecutor(max_workers=3) as ex:
    fs = [ex.submit(pow, i, 2) for i in range(6)]
    print([f.result() for f in fs], list(ex.map(lambda a, b: a + b, [1, 2, 3], [10, 20, 30])), sorted(f.result() for f in as_completed(fs)))
    f = ex.submit(lambda: 1 / 0)
    print(repr(f.exception()), f.done())
    try:
        f.result()
    except ZeroDivisionError as e:
        print("raised", e)
    done, pending = wait(fs)
    print(len(done), len(pending))
    slow = ex.submit(time.sleep, 0.2)
    try:
        slow.result(timeout=0.01)
    except TimeoutError as e:
        print("timeout", type(e).__name__, futures.TimeoutError is TimeoutError)
    d, p = wait([slow, fs[0]], return_when=FIRST_COMPLETED)
    print(fs[0] in d, slow in p)
    calls = []
    f = ex.submit(str, 5)
    f.add_done_callback(lambda fut: calls.append(fut.result()))
    f.result()
    time.sleep(0.02)
    print(calls)
    try:
        list(ex.map(lambda x: 1 / x, [1, 0, 2]))
    except ZeroDivisionError as e:
        print("map raised", e)
try:
    ex.submit(len, [])
except RuntimeError as e:
    print(e)
gate = threading.Event()
ex = ThreadPoolExecutor(1)
running = ex.submit(gate.wait)
queued = ex.submit(len, "abc")
while not running.running():
    time.sleep(0.001)
print(queued.cancel(), queued.cancelled(), queued.done(), running.cancel())
gate.set()
ex.shutdown(wait=True)
try:
    queued.result()
except CancelledError as e:
    print("cancelled", repr(e))
names = set()
with ThreadPoolExecutor(2, thread_name_prefix="pool", initializer=lambda: names.add(threading.current_thread().name)) as ex:
    list(ex.map(lambda _: time.sleep(0.01), range(6)))
print(sorted(n.rsplit("_", 1)[0] for n in names)[0])
f = Future()
print(f.done(), f.running(), f.set_running_or_notify_cancel(), f.running(), f.set_result("set"), f.result(), f)  if False else print(f.done(), f.running())
f.set_result(7)
print(f.result(), f.done())
try:
    f.set_result(8)
except InvalidStateError as e:
    print("invalid state")
try:
    ThreadPoolExecutor(0)
except ValueError as e:
    print(e)
with ThreadPoolExecutor(4) as ex:
    def sub(n):
        return sum(i * i for i in range(n))
    print(sum(ex.map(sub, range(200))), [r for r in ex.map(sub, [3, 4], chunksize=2)])
    fs = {ex.submit(sub, n): n for n in (10, 20, 30)}
    print(sorted((fs[f], f.result()) for f in as_completed(fs)))
ex = ThreadPoolExecutor(2)
fs = [ex.submit(time.sleep, 0.01) for _ in range(10)]
ex.shutdown(cancel_futures=True)
print(all(f.done() for f in fs))
