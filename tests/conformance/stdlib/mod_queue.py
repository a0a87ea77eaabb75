# queue, without threads.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import queue
q = queue.Queue(maxsize=2)
q.put(1); q.put_nowait(2)
print(q.full(), q.empty(), q.qsize(), q.maxsize)
show("q.put_nowait(3)", "q.put(3, timeout=0.01)", "q.put(3, block=False)", "q.get()", "q.get_nowait()", "q.get_nowait()", "q.get(timeout=0.01)", "q.get(timeout=-1)", "q.task_done()", "q.task_done()", "q.task_done()", "q.join()")
l = queue.LifoQueue()
for x in "abc": l.put(x)
print([l.get() for _ in range(3)])
p = queue.PriorityQueue()
for x in [(2, "b"), (1, "z"), (2, "a"), (0, "q")]: p.put(x)
print([p.get() for _ in range(4)])
s = queue.SimpleQueue()
s.put(1); s.put_nowait(2)
print(s.qsize(), s.get(), s.get_nowait(), s.empty())
show("s.get_nowait()", "s.get(timeout=0.01)", "s.get(block=False)", "queue.Empty.__mro__[1].__name__", "queue.Full()", "s.get(timeout=-1)")
q = queue.Queue()
q.put("left")
q.shutdown()
show("q.get()", "q.get()", "q.put(1)", "queue.ShutDown.__name__")
q = queue.Queue(); q.put(1); q.shutdown(immediate=True)
show("q.get()")
