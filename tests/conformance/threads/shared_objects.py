# Objects handed between threads: freed by others, weakly referenced, changed in class, collected, iterated while changed.
import threading, weakref, gc, queue, sys
THREADS, N = 4, 1500
def run(body, count=THREADS):
    errors = []
    def wrapped(i):
        try: body(i)
        except BaseException as e: errors.append(f"{type(e).__name__}: {e}")
    ts = [threading.Thread(target=wrapped, args=(i,)) for i in range(count)]
    [t.start() for t in ts]; [t.join() for t in ts]
    return errors
alive = 0
lock = threading.Lock()
class Counted:
    def __init__(self, v):
        global alive
        self.v = v
        with lock: alive += 1
    def __del__(self):
        global alive
        with lock: alive -= 1
q = queue.Queue(100)
total = [0, 0]
def pipe(i):
    if i < 2:
        for k in range(N): q.put(Counted(k))
        q.put(None)
    else:
        while (o := q.get()) is not None: total[i - 2] += o.v
print(run(pipe), sum(total) == N * (N - 1), alive)
slots = [None] * 8
def replace(i):
    for k in range(N): slots[(k + i) % 8] = Counted(k); o = slots[k % 8]; o and o.v
print(run(replace), alive == sum(s is not None for s in slots)); slots[:] = [None] * 8; print(alive)
cache = weakref.WeakValueDictionary()
def weak(i):
    for k in range(N):
        o = cache.get(k % 16)
        if o is None:
            o = Counted(k % 16); cache[k % 16] = o
        assert o.v == k % 16
print(run(weak), alive, len(cache))
class Node:
    def __init__(self): self.peers = []
def cycles(i):
    for k in range(N):
        a, b = Node(), Node(); a.peers.append(b); b.peers.append(a); a.extra = Counted(k)
        if k % 500 == 0: gc.collect()
print(run(cycles)); gc.collect(); print(alive)
class Shape:
    sides = 0
    def area(self): return self.sides * 2
objs = [Shape() for _ in range(20)]
def class_changes(i):
    for k in range(N):
        if i == 0: Shape.sides = k
        elif i == 1:
            Shape.area = (lambda self: self.sides * 2) if k % 2 else (lambda self: 2 * self.sides)
        else:
            v = objs[k % 20].area(); assert v % 2 == 0 and 0 <= v <= 2 * N
print(run(class_changes))
def instance_dicts(i):
    o = objs[i % 2]
    for k in range(N):
        o.shared = k; o.__dict__["own%d" % i] = k; assert o.__dict__["own%d" % i] == k
        if k % 7 == 0: o.temp = 1
        if k % 7 == 3: o.__dict__.pop("temp", None)
        vars(o).copy()
print(run(instance_dicts), sorted(k for k in vars(objs[0]) if k.startswith("own")))
class SwapA: tag = "A"
class SwapB: tag = "B"
s = SwapA()
def swap_class(i):
    for k in range(N):
        if i == 0: s.__class__ = SwapB if k % 2 else SwapA
        else: assert s.tag in "AB"
print(run(swap_class))
d = {i: i for i in range(100)}
problems = set()
def iterate(i):
    for k in range(60):
        if i == 0:
            for j in range(100, 160): d[j] = j
            for j in range(100, 160): del d[j]
        else:
            try:
                for key, value in d.items(): assert key == value
            except RuntimeError as e: problems.add(str(e))
            assert set(range(100)) <= set(list(d))
print(run(iterate), len(d), problems <= {"dictionary changed size during iteration", "dictionary keys changed during iteration"})
lst = list(range(50))
def list_iteration(i):
    for k in range(200):
        if i == 0: lst.append(k); lst.pop(0)
        elif i == 1: lst[10:20] = lst[10:20]
        else:
            n = 0
            for x in lst:
                n += 1
                if n > 5000: raise AssertionError("endless")
            len(lst[::2]), x in lst, lst.count(5), sorted(lst)
print(run(list_iteration), len(lst))
st = set(range(50))
def set_ops(i):
    for k in range(N):
        if i == 0: st.add(k % 100); st.discard((k * 7) % 100)
        else: (k % 100) in st; k % 50 or st | {1}; k % 50 or len(st & {5, 6})
print(run(set_ops), len(st) <= 100)
def gen():
    for k in range(100_000): yield k
g = gen(); seen = [[] for _ in range(THREADS)]
def share_generator(i):
    while True:
        try: seen[i].append(next(g))
        except ValueError as e:
            assert str(e) == "generator already executing"
        except StopIteration: return
print(run(share_generator), sorted(sum(seen, [])) == list(range(100_000)))
def deep(i):
    x = None
    for _ in range(20_000): x = [x]
    del x
print(run(deep))
import io
buf = io.StringIO()
print(run(lambda i: [buf.write("x" * 10 + "\n") for _ in range(300)]), len(buf.getvalue()))
print(sys.getrefcount(objs) < 10, gc.isenabled())
bound = [objs[0].area for _ in range(5)]
print(run(lambda i: [b() for _ in range(500) for b in bound]), run(lambda i: [Counted(1) for _ in range(500)]), alive)
def start_more(i):
    inner = []
    ts = [threading.Thread(target=inner.append, args=(k,)) for k in range(20)]
    [t.start() for t in ts]; [t.join() for t in ts]; assert sorted(inner) == list(range(20))
print(run(start_more), threading.active_count())
ident = threading.local()
def locals_many(i):
    ident.me = Counted(i); ident.items = [ident.me] * 3
    for _ in range(100): assert ident.me.v == i
print(run(locals_many, 10), alive)
