# What one word of register code does for several of the stack code: loads by the instruction that uses them, discarded yields,
# unpacking into locals, functions with their closures, slices, tests at the end of protected ranges.
import gc, sys

class Noisy:
    def __init__(self, name): self.name = name
    def __del__(self): print("gone", self.name)
    def __bool__(self): return True
    def __getitem__(self, k): return (self.name, k)
    def __setitem__(self, k, v): print("set", self.name, k, v)

def loop_variable():
    # The loop's variable is changed while what was loaded from it is in use.
    out = []
    for x in [Noisy("a"), Noisy("b")]:
        out.append([x.name, (x := Noisy(x.name + "2")).name])
    print(out)
loop_variable()

def replaced(n):
    def change():
        nonlocal v
        v = None
        return 1
    v = Noisy("held")
    return v[change()]
print(replaced(1))

def deleted():
    for x in [Noisy("c")]:
        y = x
        del x
        print(y.name)
    try: x
    except UnboundLocalError as e: print(e)
deleted()

def sent():
    log = []
    def g():
        yield 1
        log.append("second")
        got = yield 2
        log.append(got)
        yield
    it = g()
    next(it)
    it.send(Noisy("thrown away"))
    print(log)
    it.send("kept")
    print(log)
    it.close()
sent()

def started():
    def g():
        x = yield
        print("got", x)
        yield
    it = g()
    try: it.send(1)
    except TypeError as e: print(e)
    it.send(None)
    it.send(5)
started()

def unpacked():
    t = (1, 2, 3)
    a, b, c = t
    t, b, c = t
    print(t, a, b, c)
    t = (Noisy("first"), [4], "x")
    a, b, t = t
    print(a.name, b, t)
    a, b, c = t = "xyz"
    print(a, b, c, t)
    l = [1, 2, 3, 4, 5]
    l, a, b, c, d = l
    print(l, a, b, c, d)
    for bad in ((1, 2), (1, 2, 3, 4), [1], 5):
        try: a, b, c = bad
        except (ValueError, TypeError) as e: print(e)
unpacked()

def functions():
    cells = 5
    def plain(): pass
    def closed(a, b=2, *, c=3): return cells, a, b, c
    annotated = lambda x: x + cells
    print(closed(1), annotated(2), plain.__module__, closed.__qualname__, closed.__defaults__, closed.__kwdefaults__)
    names = {}
    exec("def f(): pass", names)
    print(names["f"].__module__)
    names = {"__name__": "one"}
    code = compile("def f(): pass\nfs.append(f)\n__name__ = 'two'\ndef f(): pass\nfs.append(f)\ndel __name__\ndef f(): pass\nfs.append(f)\n", "<s>", "exec")
    for _ in range(2):
        names["fs"] = fs = []
        names["__name__"] = "one"
        exec(code, names)
        print([f.__module__ for f in fs])
functions()

def modules():
    # One code object, two modules.
    code = compile("made = lambda: 1", "<s>", "exec")
    for name in ("m", "n", "m"):
        space = {"__name__": name}
        exec(code, space)
        print(space["made"].__module__)
modules()

def expressions():
    data = [3, 1, 2]
    g = (x * k for k in (1, 2) for x in data)
    print(next(g), g.gi_frame.f_locals[".0"].__class__.__name__, list(g))
    g = (x for x in data)
    inner = g.gi_frame.f_locals[".0"]
    print(next(g), next(inner), list(g), list(inner))
    g = (x for x in range(3))
    data.append(9)
    print(list(g), sum(x for x in data), any(x > 8 for x in data), {x: i for i, x in enumerate(data)})
    try: list(1 // x for x in (1, 0))
    except ZeroDivisionError as e: print(e)
expressions()

def slices():
    l = list(range(10))
    n = Noisy("n")
    print(l[2:4], l[:3], l[7:], l[-2:], l[:], "hello"[1:3], (1, 2, 3)[1:], n[1:2], n[:])
    l[1:3] = "ab"; l[8:] = []
    n[1:2] = 5
    l[len(l):] = [l[0:1]]
    print(l, f"{l[0]:>4}|{3.14159:.2f}|{'x':^5}")
    for bad in (lambda: l[1:"a"], lambda: 5[1:2], lambda: l.__setitem__(slice(1, 2), 5)):
        try: bad()
        except TypeError as e: print(e)
    try: l["x":2] = []
    except TypeError as e: print(e)
slices()

class Odd:
    def __bool__(self): raise ValueError("no truth")
def ranges():
    # The test at the end of a protected range, and what is raised right behind it.
    def f(x):
        try: ok = x()
        except KeyError: return "key"
        if ok: raise KeyError("outside")
        return "fine"
    for x in (lambda: 1, lambda: 0, lambda: {}[1], lambda: Odd()):
        try: print(f(x))
        except Exception as e: print(type(e).__name__, e, e.__traceback__.tb_next.tb_lineno - f.__code__.co_firstlineno)
    x = "kept"
    for items in ([1, 0], [1, Odd()]):
        try: print([x for x in items if x])
        except ValueError as e: print(e)
        print(x)
    with open(__file__) as f:
        if f: print(f.closed)
    print(f.closed)
ranges()
gc.collect()
