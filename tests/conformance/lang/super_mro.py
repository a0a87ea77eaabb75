# Cooperative multiple inheritance, super() in every place it may stand, MRO edge cases.
class Base:
    def __init__(self, **kw):
        assert not kw, kw
        self.order = ["Base"]
    def describe(self): return "Base"
class A(Base):
    def __init__(self, *, a=1, **kw):
        super().__init__(**kw)
        self.a = a
        self.order.append("A")
    def describe(self): return "A>" + super().describe()
class B(Base):
    def __init__(self, *, b=2, **kw):
        super().__init__(**kw)
        self.b = b
        self.order.append("B")
    def describe(self): return "B>" + super().describe()
class C(A, B):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.order.append("C")
    def describe(self): return "C>" + super().describe()
c = C(a=5, b=6)
print(c.order, c.a, c.b, c.describe(), super(C, c).describe(), super(A, c).describe(), super(B, c).describe())
print([k.__name__ for k in C.mro()], C.__mro__ == tuple(C.mro()))
class X:
    @classmethod
    def make(cls): return ["X.make", cls.__name__]
    @staticmethod
    def util(): return "X.util"
    @property
    def prop(self): return "X.prop"
    def __getitem__(self, k): return ("X", k)
    def __eq__(self, o): return "X eq"
    __hash__ = None
    attr = "X.attr"
class Y(X):
    @classmethod
    def make(cls): return super().make() + ["Y"]
    @staticmethod
    def util(): return "Y " + super(Y, Y).util()
    @property
    def prop(self): return super().prop + " Y"
    def __getitem__(self, k): return super().__getitem__(k) + ("Y",)
    def get(self): return super().attr, super().__eq__(1), [super(Y, self).attr for _ in range(2)]
    def nested(self):
        def inner(): return super(Y, self).prop
        return inner(), (lambda: super().util())() if False else None
    def comp(self): return [f() for f in [lambda: super(Y, self).attr]]
y = Y()
print(Y.make(), Y.util(), y.prop, y["k"], y.get(), y.nested(), y.comp())
s = super(Y, y)
print(s.prop, s.__thisclass__.__name__, s.__self__ is y, s.__self_class__.__name__, repr(s)[:7])
for f in (lambda: super(), lambda: super(int, 5).nope, lambda: super(Y, 5), lambda: super(Y).prop, lambda: super(5, 5)):
    try:
        print(f())
    except (RuntimeError, TypeError, AttributeError) as e:
        print(type(e).__name__, e)
try:
    super(Y, y).attr = 5
except AttributeError as e:
    print(e)
class Diamond1: pass
class L(Diamond1): pass
class R(Diamond1): pass
class D1(L, R): pass
print([k.__name__ for k in D1.__mro__])
for bases in ((Diamond1, L), (L, Diamond1, R)):
    try:
        type("Bad", bases, {})
    except TypeError as e:
        print(e)
O = object
class E1(O): pass
class F1(O): pass
class G1(O): pass
class H1(E1, F1): pass
class I1(E1, G1): pass
class J1(H1, I1): pass
print([k.__name__ for k in J1.__mro__])
class Dyn(A): pass
Dyn.__bases__ = (B,)
print(Dyn().describe(), [k.__name__ for k in Dyn.__mro__])
class MyDict(dict):
    def __setitem__(self, k, v): super().__setitem__(k, v * 2)
    def __getitem__(self, k): return super().__getitem__(k) + 1
d = MyDict(); d["a"] = 5
print(d["a"], d, d.get("a"))
class MyList(list):
    def append(self, x): super().append(x); super().append(x)
    def __len__(self): return super().__len__() * 10
l = MyList([1]); l.append(2)
print(list(l), len(l), bool(l))
class MyStr(str):
    def __new__(cls, v): return super().__new__(cls, v.upper())
    def __add__(self, o): return MyStr(super().__add__(o))
print(MyStr("abc") + "d", type(MyStr("a") + "b").__name__)
class MyInt(int):
    def __new__(cls, v, extra): 
        self = super().__new__(cls, v); self.extra = extra; return self
    def __add__(self, o): return "custom add"
print(MyInt(5, "e").extra, MyInt(5, 1) + 1, 1 + MyInt(5, 1), MyInt(5, 1) * 2)
class Err(ValueError):
    def __init__(self, *a): super().__init__(*a, "added")
print(Err(1).args)
class WithNew:
    def __new__(cls, *a, **k):
        print("new", cls.__name__, a, k)
        return super().__new__(cls)
    def __init__(self, *a, **k): print("init", a, k)
WithNew(1, x=2)
class Other:
    def __new__(cls): return 5
    def __init__(self): print("not called")
print(Other())
class MixinA:
    def save(self): return ["MixinA"] + super().save()
class Store:
    def save(self): return ["Store"]
class Final(MixinA, Store): pass
print(Final().save())
