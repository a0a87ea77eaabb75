def t(f, *a, **k):
    try: print(f(*a, **k))
    except BaseException as e: print(type(e).__name__, e)
class C: pass
class D(C): x = 1
t(lambda: setattr(C, '__name__', 1)); t(lambda: delattr(C, '__name__'))
t(lambda: setattr(int, 'foo', 1)); t(lambda: delattr(C, 'foo')); t(lambda: C.foo)
t(lambda: setattr(C,'__bases__',1)); t(lambda: setattr(C,'__bases__',())); t(lambda: setattr(C,'__bases__',(D,)))
t(lambda: C.__abstractmethods__); t(lambda: int.__annotations__); t(lambda: C.__annotations__)
t(type, 1, 2); t(type); t(type, 'x', 1, {}); t(type, 'x', (), 1); t(type, 1, (), {})
t(type.__new__, type); t(type.__new__, 1); t(type.__new__, type, 1)
t(object.__new__); t(object.__new__, 1); t(object.__new__, int); t(int.__new__, C); t(C, 1); t(object, 1)
t(C().__init__, 1); t(object.__new__, C, 1); t(object.__init__, C(), 1)
t(lambda: setattr(C(), '__class__', 1)); t(lambda: setattr(C(), '__class__', int)); t(lambda: delattr(C(), '__class__'))
t(lambda: C().__getstate__()); t(lambda: object().__format__('x'))
t(C.__init_subclass__, 1); t(C.__subclasshook__, 1)
t(super, 1); t(super, int, 'a'); t(lambda: super(C).foo); t(lambda: super(C, C()).foo)
t(isinstance, 1, 1); t(isinstance, 1, (int, 1)); t(issubclass, 1, int); t(issubclass, int, 1); t(isinstance, 1, list[int]); t(isinstance, 1, int|list[int])
print(C.__dict__['__dict__'], C.__dict__['__weakref__'], type.__dict__['__dict__'])
t(lambda: C|1); t(lambda: int|None); t(lambda: int|str|int); print(list[int], dict[str, int], list[int]|None, (int|str).__args__)
print(repr(C), C.__mro__, D.__bases__, D.__base__, C.__qualname__, C.__module__, C.__doc__)
print(type.mro(D), C.__subclasses__(), D.__subclasses__())
class B2:
    def __init__(self, v): self.v = v
    def __repr__(self): return f"B2({self.v})"
    def __eq__(self, o): return self.v == o.v
    def m(self): return self.v
b = B2(3)
print(b, b == B2(3), b != B2(3), b.m, b.m())
t(hash, b)
class P:
    def __init__(self): self._x = 1
    @property
    def r(self): "doc r"; return self._x
    @r.setter
    def r(self, v): self._x = v
    @property
    def q(self): return 1
    w = property(None, lambda s, v: None)
    @staticmethod
    def s(a): return a * 2
    @classmethod
    def c(cls, a): return cls.__name__, a
p = P()
p.r = 10; print(p.r, P.r.__doc__, P.r.__name__, P.w.__name__)
t(lambda: setattr(p, 'q', 1)); t(lambda: delattr(p, 'q')); t(lambda: p.w); t(lambda: delattr(p, 'w'))
print(p.s(3), P.s(4), p.c(5), P.c(6), P.__dict__['s'].__wrapped__.__name__)
class S:
    __slots__ = ('a', 'b')
s = S(); s.a = 1; t(lambda: s.a); t(lambda: s.b); t(lambda: setattr(s, 'c', 1)); t(lambda: delattr(s, 'b')); print(S.a)
class E1(C):
    def __init__(self, x): super().__init__(); self.x = x
    def __getattr__(self, n): return 'dyn ' + n
e = E1(4); print(e.x, e.foo)
class Meta(type):
    def __new__(m, n, b, d, **k): d['k'] = k; return super().__new__(m, n, b, d)
    def __init__(c, n, b, d, **k): super().__init__(n, b, d)
    def __call__(cls, *a): print('call', a); return super().__call__(*a)
    @property
    def mp(cls): return 'mp' + cls.__name__
class M1(metaclass=Meta, z=3): pass
print(M1.k, M1(), type(M1), M1.mp) if False else print(M1.k, type(M1), M1.mp)
M1()
class Sub:
    def __init_subclass__(cls, **k): print('init_subclass', cls.__name__, k)
class Sub2(Sub, a=1): pass
class Desc:
    def __set_name__(self, o, n): self.n = n
    def __get__(self, i, o): return (self.n, i is None)
class HasD: d = Desc()
print(HasD.d, HasD().d)
t(lambda: (1).foo); t(lambda: setattr(1, 'foo', 1)); t(lambda: setattr(object(), 'x', 1)); t(lambda: delattr(C(), 'x'))
def f(a, b=2, *c, d, e=5, **g) -> int: "doc"; return a
print(f.__name__, f.__defaults__, f.__kwdefaults__, f.__doc__, f.__code__.co_varnames, f.__code__.co_argcount, f.__annotations__, f.__module__, f.__qualname__)
f.zz = 3; print(f.__dict__, f.zz)
t(lambda: setattr(f, '__code__', 1)); t(lambda: setattr(f, '__defaults__', 1)); t(lambda: f.x)
print(len, [].append.__name__, list.append, dict.fromkeys.__name__, dict.__dict__['fromkeys'], int.__dict__['real'], str.maketrans.__name__)
t(list.append); t(list.append, 1, 2); t(int.__dict__['real'].__get__, 'x')
print(object.__new__.__qualname__, len.__qualname__, [].append.__qualname__, (1).__add__(2), int.__add__)
t(lambda: (1).__add__.__name__)
print(type(None)(), type(...)(), type(NotImplemented)(), None is None)
t(bool, NotImplemented)


# A base that the metaclass leaves out of the order knows its subclass as long as that lives.
import gc
class LeavesOut(type):
    def mro(cls): return [cls, object]
class Out: pass
left = LeavesOut("Left", (Out,), {})
print([c.__name__ for c in Out.__subclasses__()])
del left
gc.collect()
print(Out.__subclasses__())
