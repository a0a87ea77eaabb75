# Exceptions, tracebacks, recursion limits and finalizers in several threads at once; thread ends of all kinds.
import threading, traceback, sys, io, queue
out = queue.Queue()
def fails(i):
    def level(n):
        if n == 0: raise ValueError(f"thread {i}")
        level(n - 1)
    try:
        try: level(10)
        except ValueError as e: raise KeyError(i) from e
    except KeyError:
        text = traceback.format_exc()
        out.put((i, text.count("in level"), f"thread {i}" in text, "direct cause" in text))
ts = [threading.Thread(target=fails, args=(i,)) for i in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out.get() for _ in ts))
err = io.StringIO(); saved, sys.stderr = sys.stderr, err
def boom(): {}["missing"]
t = threading.Thread(target=boom, name="boom-thread"); t.start(); t.join()
sys.stderr = saved
text = err.getvalue()
print("Exception in thread boom-thread:" in text, text.rstrip().endswith("KeyError: 'missing'"))
def depth():
    def down(n): return down(n + 1)
    try: down(0)
    except RecursionError as e: out.put(str(e))
ts = [threading.Thread(target=depth) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print([out.get() for _ in ts])
def exits(how):
    try:
        if how == 0: sys.exit(3)
        if how == 1: raise SystemExit
        return "plain"
    finally: out.put(("finally", how))
ts = [threading.Thread(target=exits, args=(i,)) for i in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out.get() for _ in ts))
def info(i):
    try: raise ValueError(i)
    except ValueError:
        for _ in range(200):
            assert sys.exc_info()[1].args == (i,), "another thread's exception"
    out.put(sys.exc_info())
ts = [threading.Thread(target=info, args=(i,)) for i in range(6)]
[t.start() for t in ts]; [t.join() for t in ts]
print({out.get() for _ in ts})
class Finalized:
    def __init__(self, i): self.i = i
    def __del__(self): out.put(("del", self.i))
def owner(i):
    a = Finalized(i)
    try: raise RuntimeError
    except RuntimeError: b = a
ts = [threading.Thread(target=owner, args=(i,)) for i in range(5)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out.get() for _ in ts))
shared_error = ValueError("shared")
def raise_shared():
    for _ in range(100):
        try: raise shared_error
        except ValueError as e: assert e is shared_error; e.__traceback__ = None
ts = [threading.Thread(target=raise_shared) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(repr(shared_error))
def hook(args): out.put((args.exc_type.__name__, args.thread.name))
threading.excepthook = hook
ts = [threading.Thread(target=lambda: 1 / 0, name=f"t{i}") for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out.get() for _ in ts))
threading.excepthook = threading.__excepthook__
class Sub(threading.Thread):
    def run(self):
        try: super().run()
        except Exception as e: self.error = e
s = Sub(target=lambda: [][1]); s.start(); s.join()
print(repr(s.error))
def with_locks(lock, i):
    try:
        with lock:
            if i % 2: raise ValueError
            out.put(i)
    except ValueError: out.put(-i)
lock = threading.Lock()
ts = [threading.Thread(target=with_locks, args=(lock, i)) for i in range(6)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out.get() for _ in ts), lock.locked())
def gen_close():
    def g():
        try: yield 1
        finally: out.put("closed")
    it = g(); next(it)
ts = [threading.Thread(target=gen_close) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print([out.get() for _ in ts])
