"""Native recursion without end, or nearly: every one must raise, none may crash."""
import sys, json, copy, pickle, functools

def attempt(name, f):
    try:
        f()
        print(name, "ran")
    except RecursionError as e:
        print(name, "RecursionError")
    except MemoryError:
        print(name, "MemoryError")
    except Exception as e:
        print(name, type(e).__name__, e)

def nest(make, n=200_000):
    x = make(None)
    for _ in range(n):
        x = make(x)
    return x

a, b = nest(lambda x: [x]), nest(lambda x: [x])
attempt("repr list", lambda: repr(a))
attempt("list ==", lambda: a == b)
attempt("list <", lambda: a < b)
attempt("json list", lambda: json.dumps(a))
attempt("json text", lambda: json.loads("[" * 200_000))
attempt("json text object", lambda: json.loads('{"a":' * 200_000))
attempt("copy list", lambda: copy.deepcopy(a))
attempt("pickle list", lambda: pickle.dumps(a))
attempt("marshal list", lambda: __import__("marshal").dumps(a))
a, b = nest(lambda x: (x,)), nest(lambda x: (x,))
attempt("repr tuple", lambda: repr(a))
attempt("tuple ==", lambda: a == b)
attempt("hash tuple", lambda: hash(a))
attempt("except tuple", lambda: exec("try: 1/0\nexcept a: pass", {"a": a}))
attempt("str % tuple", lambda: "%s" % (a,))
attempt("startswith", lambda: "a".startswith(a))
a, b = nest(lambda x: {0: x}), nest(lambda x: {0: x})
attempt("repr dict", lambda: repr(a))
attempt("dict ==", lambda: a == b)
a = nest(lambda x: {"a": x})
attempt("json dict", lambda: json.dumps(a))
a = nest(lambda x: frozenset([x]))
attempt("repr frozenset", lambda: repr(a))

class Attr:
    def __getattr__(self, name):
        return getattr(self, name)
attempt("__getattr__", lambda: Attr().x)
class Attr2:
    def __getattribute__(self, name):
        return self.y
attempt("__getattribute__", lambda: Attr2().x)
class Call:
    pass
Call.__call__ = Call()
attempt("__call__", lambda: Call()())
class Eq:
    def __eq__(self, other):
        return self == other
attempt("__eq__", lambda: Eq() == Eq())
class Repr:
    def __repr__(self):
        return repr(self)
attempt("__repr__", lambda: repr(Repr()))
class Str:
    def __str__(self):
        return f"{self}"
attempt("__str__", lambda: str(Str()))
class Hash:
    def __hash__(self):
        return hash((self,))
attempt("__hash__", lambda: hash(Hash()))
class Iter:
    def __iter__(self):
        return iter(self)
attempt("__iter__", lambda: list(Iter()))
class Bool:
    def __bool__(self):
        return not self
attempt("__bool__", lambda: bool(Bool()))
class Add:
    def __add__(self, other):
        return self + other
attempt("__add__", lambda: Add() + 1)
class Sub(type):
    def __instancecheck__(cls, x):
        return isinstance(x, cls)
class S(metaclass=Sub):
    pass
attempt("__instancecheck__", lambda: isinstance(1, S))
class Get:
    def __getitem__(self, i):
        return self[i]
attempt("__getitem__", lambda: Get()[0])
class Prop:
    @property
    def p(self):
        return self.p
attempt("property", lambda: Prop().p)
class Fmt:
    def __format__(self, spec):
        return format(self, spec)
attempt("__format__", lambda: f"{Fmt():x}")
class Index:
    def __index__(self):
        return [1][self]
attempt("__index__", lambda: [1][Index()])
class Del:
    def __delattr__(self, name):
        del self.x
attempt("__delattr__", lambda: delattr(Del(), "x"))
class New:
    def __new__(cls):
        return cls()
attempt("__new__", lambda: New())
class Init:
    def __init__(self):
        Init()
attempt("__init__", lambda: Init())
def gen():
    yield from gen()
attempt("yield from", lambda: next(gen()))
attempt("sorted key", lambda: (lambda f: f(f))(lambda f: sorted([1], key=lambda x: f(f))))
attempt("map self", lambda: (lambda f: f(f))(lambda f: list(map(lambda x: f(f), [1]))))
attempt("eval", lambda: eval("e('e')", {"e": None}) if 0 else exec("def f(): exec('f()')\nf()", {}))
attempt("import", lambda: None)
e = None
for i in range(100_000):
    n = ValueError(i)
    n.__cause__ = e
    e = n
import traceback
attempt("traceback of a long chain", lambda: None)
print("done")
