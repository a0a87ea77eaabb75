# threading: Thread, names, join, daemon, locals, results, exceptions.
import threading, time, sys

results = []


def work(n, power=2):
    results.append(n ** power)


threads = [threading.Thread(target=work, args=(i,), kwargs={"power": 3}) for i in range(5)]
print([t.is_alive() for t in threads], [t.ident for t in threads])
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(results), [t.is_alive() for t in threads], all(isinstance(t.ident, int) for t in threads))


class Worker(threading.Thread):
    def __init__(self, value):
        super().__init__(name=f"worker-{value}", daemon=True)
        self.value = value
        self.result = None

    def run(self):
        self.result = (self.value, threading.current_thread() is self, self.name)


ws = [Worker(i) for i in range(3)]
for w in ws:
    w.start()
for w in ws:
    w.join()
print([w.result for w in ws], ws[0].daemon)
main = threading.main_thread()
print(main is threading.current_thread(), main.name, threading.active_count(), main.ident == threading.get_ident(), threading.get_native_id() > 0, [t.name for t in threading.enumerate()])
for bad in ("ws[0].start()", "threading.Thread().join()", "threading.Thread(target=5).run()", "threading.current_thread().join()", "threading.Thread(group=1)", "threading.Thread(nope=1)"):
    try:
        eval(bad)
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)
local = threading.local()
local.x = "main"
seen = []


def use_local(v):
    seen.append(hasattr(local, "x"))
    local.x = v
    time.sleep(0.01)
    seen.append(local.x == v)


ts = [threading.Thread(target=use_local, args=(i,)) for i in range(4)]
[t.start() for t in ts]
[t.join() for t in ts]
print(seen.count(False), seen.count(True), local.x)


class MyLocal(threading.local):
    def __init__(self, base):
        self.items = [base]


ml = MyLocal(5)
ml.items.append(6)
other = []
t = threading.Thread(target=lambda: other.append(ml.items))
t.start(); t.join()
print(ml.items, other)
caught = []
threading.excepthook = lambda args: caught.append((args.exc_type.__name__, str(args.exc_value), args.thread.name))


def fails():
    raise ValueError("in thread")


t = threading.Thread(target=fails, name="failing")
t.start(); t.join()
print(caught)
threading.excepthook = threading.__excepthook__
t = threading.Thread(target=sys.exit)
t.start(); t.join()
t = threading.Thread(target=time.sleep, args=(0.3,))
t.start()
t.join(timeout=0.01)
print(t.is_alive())
t.join()
print(t.is_alive(), repr(t).startswith("<Thread(Thread-"))
timer_out = []
timer = threading.Timer(0.01, timer_out.append, args=("fired",))
timer.start(); timer.join()
cancelled = threading.Timer(5, timer_out.append, args=("never",))
cancelled.start(); cancelled.cancel(); cancelled.join()
print(timer_out)
print(threading.stack_size(), threading.TIMEOUT_MAX > 1e6)


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


out = []
t = threading.Thread(target=lambda: out.append(deep(500)))
t.start(); t.join()
print(out)
many = [threading.Thread(target=results.append, args=(0,)) for _ in range(100)]
[t.start() for t in many]
[t.join() for t in many]
print(len(results))
hooks = []
threading.settrace(None)
import _thread

done = _thread.allocate_lock()
done.acquire()
_thread.start_new_thread(lambda a: (hooks.append(a), done.release()), ("raw",))
done.acquire()
print(hooks, threading.active_count())
