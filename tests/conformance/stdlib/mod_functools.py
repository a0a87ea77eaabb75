# functools.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


from functools import *
import functools
print(reduce(lambda a, b: a + b, [1, 2, 3]), reduce(lambda a, b: a * b, [], 7), partial(int, base=2)("101"), partial(pow, 2)(5))
p = partial(print, "a", sep="-")
p("b", "c")
print(p.func is print, p.args, p.keywords, repr(partial(int, "5", base=8)), partial(partial(max, 1), 2)(0))
@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), fib.cache_info(), fib.__wrapped__.__name__, fib.cache_parameters())
fib.cache_clear()
print(fib.cache_info())
@lru_cache(maxsize=2)
def sq(x, *, y=0):
    print("computing", x)
    return x * x
sq(1); sq(2); sq(1); sq(3); sq(2); sq(1.0); sq(x=1)
print(sq.cache_info())
try:
    sq([])
except TypeError as e:
    print(e)
@lru_cache(maxsize=10, typed=True)
def kind(x):
    return type(x).__name__
print(kind(1), kind(1.0), kind(True), kind.cache_info())
@cache
def once(x):
    print("once", x)
    return x
once(1), once(1)
class C:
    def __init__(self): self.n = 0
    @cached_property
    def value(self):
        self.n += 1
        return self.n
    @functools.singledispatchmethod
    def show(self, x): return "object"
    @show.register
    def _(self, x: int): return "int"
    def plain(self, a, b): return (self.n, a, b)
    half = functools.partialmethod(plain, 1)
c = C()
print(c.value, c.value, c.n, c.__dict__, c.show(1), c.show("x"), c.half(2))
@singledispatch
def describe(x): return f"object {x}"
@describe.register
def _(x: int): return f"int {x}"
@describe.register(list)
def _(x): return f"list of {len(x)}"
@describe.register(float)
@describe.register(complex)
def _(x): return f"number {x}"
print(describe("s"), describe(1), describe(True), describe([1]), describe(1.5), describe(1j), describe.dispatch(bool) is describe.dispatch(int))
def deco(f):
    @wraps(f)
    def inner(*a):
        "inner doc"
        return f(*a)
    return inner
@deco
def named(x):
    "the doc"
    return x
print(named.__name__, named.__doc__, named.__wrapped__(5), named.__qualname__)
@total_ordering
class V:
    def __init__(self, v): self.v = v
    def __eq__(self, o): return self.v == o.v
    def __lt__(self, o): return self.v < o.v
print(V(1) <= V(1), V(2) > V(1), V(1) >= V(2), V(1) != V(1))
print(sorted([3, 1, 2], key=cmp_to_key(lambda a, b: (a < b) - (a > b))), max([1, 5, 3], key=cmp_to_key(lambda a, b: a - b)))
show("reduce(lambda a, b: a, [])", "partial()", "partial(5)", "reduce(1, [1, 2])", "lru_cache(maxsize='x')", "total_ordering(int) if False else 0", "partial(len)([1])", "partial(len, [1], [2])()", "singledispatch(len).__name__ if False else 1", "update_wrapper(lambda: 0, len).__name__")
from functools import Placeholder
print(partial(pow, Placeholder, 2)(5))
