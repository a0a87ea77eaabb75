# types and abc.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import types, abc
ns = types.SimpleNamespace(a=1, b="x")
ns.c = 3; del ns.a
print(ns, ns == types.SimpleNamespace(b="x", c=3), vars(ns), types.SimpleNamespace({"k": 1}), repr(types.SimpleNamespace()))
mp = types.MappingProxyType({"a": 1})
print(mp["a"], len(mp), list(mp), mp, mp | {"b": 2}, mp.get("z"), "a" in mp)
try:
    mp["b"] = 1
except TypeError as e:
    print(e)
m = types.ModuleType("mod", "doc"); m.x = 1
print(m.__name__, m.__doc__, m.x, repr(m))
def exec_body(ns): ns["attr"] = 5
K = types.new_class("K", (int,), {}, exec_body)
print(K.attr, K(5) + 1, K.__name__, types.resolve_bases((int,)), types.prepare_class("X")[0].__name__)
names = {"FunctionType": lambda: 0, "LambdaType": lambda: 0, "GeneratorType": (x for x in []), "CodeType": (lambda: 0).__code__, "MethodType": ns.__init__ if False else "".join, "BuiltinFunctionType": len, "ModuleType": types, "NoneType": None, "EllipsisType": ..., "NotImplementedType": NotImplemented, "GenericAlias": list[int], "UnionType": int | str, "MethodWrapperType": (1).__add__, "WrapperDescriptorType": int.__add__, "MethodDescriptorType": str.join, "ClassMethodDescriptorType": dict.__dict__["fromkeys"], "CellType": types.CellType(1), "GetSetDescriptorType": type.__dict__["__dict__"]}
for n, v in names.items():
    print(n, isinstance(v, getattr(types, n)))
class DynamicAttr:
    @types.DynamicClassAttribute
    def x(self): return 1
print(DynamicAttr().x)
@types.coroutine
def co(): yield 1
print(isinstance(co(), types.GeneratorType))
print(types.get_original_bases(type("X", (list,), {})) if hasattr(types, "get_original_bases") else "")
class Base(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
    @property
    @abc.abstractmethod
    def p(self): ...
    @classmethod
    @abc.abstractmethod
    def c(cls): ...
    def concrete(self): return "concrete " + self.f()
show("Base()")
class Half(Base):
    def f(self): return "f"
show("Half()", "sorted(Half.__abstractmethods__)")
class Full(Half):
    p = 1
    @classmethod
    def c(cls): return "c"
print(Full().concrete(), Full().p, isinstance(Full(), Base), abc.ABCMeta.__name__, Full.__abstractmethods__)
@Base.register
class Virtual: pass
print(issubclass(Virtual, Base), isinstance(Virtual(), Base), issubclass(int, Base))
class Hooked(metaclass=abc.ABCMeta):
    @classmethod
    def __subclasshook__(cls, other):
        if cls is Hooked:
            return any("quack" in k.__dict__ for k in other.__mro__)
        return NotImplemented
class Duck:
    def quack(self): ...
print(issubclass(Duck, Hooked), isinstance(Duck(), Hooked), issubclass(int, Hooked))
try:
    Base.register(5)
except TypeError as e:
    print(e)
try:
    class Loop(Base): pass
    Loop.register(Base)
except RuntimeError as e:
    print(e)
print(abc.get_cache_token() == abc.get_cache_token(), abc.update_abstractmethods(Full) is Full)
