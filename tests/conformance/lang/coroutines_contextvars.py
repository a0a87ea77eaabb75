# contextvars, and generators that keep state across many resumptions.
import contextvars
v = contextvars.ContextVar("v", default="default")
w = contextvars.ContextVar("w")
print(v.get(), w.get("fallback"), v.name)
try:
    w.get()
except LookupError as e:
    print(type(e).__name__)
token = v.set("set")
print(v.get(), token.old_value is contextvars.Token.MISSING, token.var is v)
v.reset(token)
print(v.get())
try:
    v.reset(token)
except RuntimeError as e:
    print(type(e).__name__)
ctx = contextvars.copy_context()
def inside():
    v.set("inside")
    w.set(5)
    return v.get(), w.get()
print(ctx.run(inside), v.get(), w.get(None), ctx[v], ctx.get(w), len(ctx), v in ctx, sorted(k.name for k in ctx))
print(contextvars.Context().run(lambda: v.get()))
try:
    ctx.run(lambda: ctx.run(print))
except RuntimeError as e:
    print(str(e).split(":")[0])
import threading
v.set("main")
out = []
t = threading.Thread(target=lambda: out.append(v.get()), context=contextvars.Context())
t.start(); t.join()
t = threading.Thread(target=contextvars.copy_context().run, args=(lambda: out.append(v.get()),))
t.start(); t.join()
print(out)
with v.set("in with") as tk:
    print(v.get())
print(v.get())
def averager():
    total = count = 0
    average = None
    while True:
        total += yield average
        count += 1
        average = total / count
a = averager(); next(a)
print([a.send(x) for x in (10, 20, 60)])
def tree_walk(t):
    if isinstance(t, list):
        for x in t: yield from tree_walk(x)
    else:
        yield t
print(list(tree_walk([1, [2, [3, [4, 5], 6], 7], [[8]]])))
def window(seq, n):
    it = iter(seq); buf = []
    for x in it:
        buf.append(x)
        if len(buf) == n:
            yield tuple(buf); buf.pop(0)
print(list(window(range(6), 3)))
def primes():
    composites = {}
    n = 2
    while True:
        if n not in composites:
            yield n
            composites[n * n] = [n]
        else:
            for p in composites.pop(n): composites.setdefault(p + n, []).append(p)
        n += 1
p = primes()
print([next(p) for _ in range(25)])
def permutations(items):
    if len(items) <= 1: yield items
    else:
        for i in range(len(items)):
            for rest in permutations(items[:i] + items[i + 1:]): yield [items[i]] + rest
print(sum(1 for _ in permutations(list(range(6)))), list(permutations([1, 2, 3])))
def scheduler(tasks):
    order = []
    while tasks:
        task = tasks.pop(0)
        try:
            order.append(next(task)); tasks.append(task)
        except StopIteration as e:
            order.append(f"end {e.value}")
    return order
def task(name, n):
    for i in range(n): yield f"{name}{i}"
    return name
print(scheduler([task("a", 2), task("b", 3), task("c", 1)]))
gens = [(lambda k: (x * k for x in range(1000)))(k) for k in range(50)]
print(sum(next(g) for _ in range(100) for g in gens))
