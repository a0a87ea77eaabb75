def t(f, *a, **k):
    try: print(f(*a, **k))
    except BaseException as e: print(type(e).__name__, e)
class C:
    x: int = 1
    y: 'str'
print(C.__annotations__)
def f(a: int, b: str = 'x') -> None: pass
print(f.__annotations__, f.__annotate__(1))
co = f.__code__
print(co.co_name, co.co_varnames, co.co_consts, co.co_flags, co.co_firstlineno, list(co.co_lines()), list(co.co_positions())[:3], co.co_stacksize, co.co_names)
c2 = co.replace(co_name='g', co_firstlineno=10); print(c2.co_name, c2 == co, hash(c2) == hash(co), co == co.replace())
t(co.replace, foo=1); t(co.replace, co_name=1); t(co.replace, co_varnames=('a',)); t(type(co))
FT = type(f); g = FT(co, {'__name__': 'mm'}, 'newname', (5,)); print(g.__name__, g.__module__, g.__defaults__, g.__qualname__)
t(FT); t(FT, 1, {}); t(FT, co, 1); t(FT, co, {}, closure=1)
def mk():
    n = 0
    def inner():
        nonlocal n; n += 1; return n
    return inner
i = mk(); i(); i(); print(i.__closure__[0].cell_contents, i.__code__.co_freevars, mk.__code__.co_cellvars)
cell = i.__closure__[0]; cell.cell_contents = 40; print(i()); CT = type(cell); e = CT(); t(lambda: e.cell_contents); print(CT(3) == CT(3), CT(1) < CT(2), CT() < CT(1))
MT = type(C().__init__) if False else type([].append)
class K:
    def m(self, a): return a
k = K(); m = k.m; print(m.__func__ is K.m, m.__self__ is k, m == k.m, m.__name__, hash(m) == hash(k.m)); Meth = type(m)
t(Meth, 1, 2); t(Meth, len, None); print(Meth(len, [1,2])())
def loc():
    a = 1; b = 2
    fr = __import__("sys")._getframe()
    l = fr.f_locals
    l['a'] = 10; l['zz'] = 5
    print(a, b, l['zz'], len(l), 'b' in l, fr.f_lineno, fr.f_code.co_name, fr.f_back.f_code.co_name, l['a'])
    try: del l['a']
    except ValueError as e: print(e)
    try: l['nope']
    except KeyError as e: print(e)
    return fr
fr = loc(); print(fr.f_locals['a'], fr.f_locals['b'], fr.f_lineno, fr.f_back.f_code.co_name)
fr.clear(); print(len(fr.f_locals))
t(__import__("sys")._getframe().clear)
class W: pass
w = W(); r = __import__("weakref").ref(w); print(r() is w, r is __import__("weakref").ref(w), r == __import__("weakref").ref(w), hash(r) == hash(w)); p = __import__("weakref").proxy(w); p.a = 3; print(w.a, p.a)
del w, p; print(r())
t(__import__("weakref").ref, 1); t(__import__("weakref").ref, [])
NS = __import__("types").SimpleNamespace; n = NS(a=1, b='x'); print(n, n.a, n == NS(a=1, b='x'), n.__dict__); n.c = n; print(n)
t(NS, 1); t(NS, 1, 2)
M = type(__import__("sys")); mod = M('mymod', 'docs'); print(mod, mod.__name__, mod.__doc__, mod.__dict__); mod.a = 1; print(mod.a); t(lambda: mod.b); t(lambda: delattr(mod, 'b')); t(M); t(M, 1)
def ga(n): return 'ga ' + n
mod.__getattr__ = ga; print(mod.foo)
print(list[int].__origin__, list[int].__args__, list[int] == list[int], hash(list[int]) == hash(list[int]), list[int](), list[int].append is list.append)
t(lambda: list[int][str]); print(dict[str, list[int]], tuple[int, ...], (int | str) == (str | int), int | None | str)
t(lambda: type('Z', (int | str,), {})) if False else None
class A:
    def f(self): return 'A'
class B(A):
    def f(self): return 'B' + super().f()
class CC(A):
    def f(self): return 'C' + super().f()
class DD(B, CC):
    def f(self): return 'D' + super().f()
print(DD().f(), super(DD, DD()).f(), super(B, DD()).f.__name__)
B.f2 = lambda self: 'late'; print(DD().f2())
A.f = lambda self: 'newA'; print(DD().f())
class X1: 
    def g(self): return 1
class X2:
    def g(self): return 2
x = X1(); x.attr = 5; x.__class__ = X2; print(x.g(), x.attr, type(x).__name__)
DD.__bases__ = (CC,); print(DD().f(), DD.__mro__)
class Inst:
    def __instancecheck__(self, o): return o == 5
print(isinstance(5, Inst()), isinstance(6, Inst()))
class Fin:
    def __del__(self): print('del')
f1 = Fin(); del f1; print('after')
def gg():
    try: yield 1
    finally: print('gen finalized')
q = gg(); next(q); del q; print('after2')
class CallMe:
    def __call__(self, *a, **k): return a, k
print(CallMe()(1, 2, x=3))
class GA:
    def __getattribute__(self, n): return 'ga:' + n
print(GA().foo)
class DelMe:
    def __delattr__(self, n): print('del', n)
    def __setattr__(self, n, v): print('set', n, v)
d = DelMe(); d.x = 1; del d.x
t(lambda: object.__setattr__(type, 'a', 1)); 
print(type.__call__(int, '5'), int.__call__('7') if False else '')
print(C.__dict__['__static_attributes__'], C.__firstlineno__)
print(f.__get__(None, C) is f, f.__get__(1).__self__)
print(type.__dict__['mro'], object.__dict__['__class__'], object.__reduce_ex__.__name__)
def kw(*, a, b=2): return a, b
t(kw, 1); t(kw); t(kw, a=1, c=3); t(kw, a=1)
