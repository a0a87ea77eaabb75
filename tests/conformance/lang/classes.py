# Classes: attributes, inheritance, C3, super, class and static methods, name mangling, slots.
class A:
    shared = []

    def __init__(self, v):
        self.v = v

    def who(self):
        return "A"

    def chain(self):
        return ["A"]

    @classmethod
    def make(cls, v):
        return cls(v)

    @staticmethod
    def add(a, b):
        return a + b


class B(A):
    def who(self):
        return "B" + super().who()

    def chain(self):
        return ["B"] + super().chain()


class C(A):
    def chain(self):
        return ["C"] + super().chain()


class D(B, C):
    def chain(self):
        return ["D"] + super().chain()


d = D.make(3)
print(type(d).__name__, d.v, d.who(), d.chain(), D.add(1, 2), d.add(3, 4))
print([c.__name__ for c in D.__mro__], D.__bases__ == (B, C), D.__base__.__name__, A.__subclasses__() == [B, C])
print(isinstance(d, A), issubclass(D, (int, C)), isinstance(d, (int, str)), type(d) is D)
try:
    class Bad(A, B):
        pass
except TypeError as e:
    print(e)
try:
    class Bad(A, A):
        pass
except TypeError as e:
    print(e)
for bases in ((bool,), (type(None),), (int, str), (5,)):
    try:
        type("Bad", bases, {})
    except TypeError as e:
        print(e)


class Private:
    def __init__(self):
        self.__x = 1
        self.__y__ = 2

    def get(self):
        return self.__x


p = Private()
print(p.get(), sorted(p.__dict__))
try:
    p.__x
except AttributeError as e:
    print(e)


class Slots:
    __slots__ = ("a", "b")


s = Slots()
s.a = 1
print(s.a, hasattr(s, "b"), hasattr(s, "__dict__"))
for action in ("s.c = 1", "s.b", "del s.b", "del d.nothing", "d.nothing", "A.nothing", "A()", "A(1, 2)", "object().x", "object().x = 1", "int.x = 1", "None.x", "(1).real = 2",
               "super(int, 'x')", "d()", "object(1)", "A.__new__()", "D.who()", "type()", "type(1, 2)", "A.__bases__ = ()"):
    try:
        exec(action)
        print(action, "ok")
    except Exception as e:
        print(action, "->", type(e).__name__ + ":", e)
A.late = lambda self: ("late", self.v)
print(d.late())
d.shared.append(1)
print(A.shared, D.shared is A.shared)
d.v = 5
d.new = 6
print(vars(d), d.__dict__ is vars(d), d.__class__.__name__)
d.__dict__["direct"] = 7
print(d.direct, getattr(d, "nope", "default"), hasattr(d, "v"))
del d.new
print(sorted(vars(d)))
bound = d.who
print(bound(), bound.__self__ is d, bound.__func__ is B.who, bound == d.who, bound is d.who)


class Meta(type):
    def __new__(mcls, name, bases, ns, **kw):
        print("new", name, kw)
        return super().__new__(mcls, name, bases, ns)

    def __init__(cls, name, bases, ns, **kw):
        print("init", name)
        super().__init__(name, bases, ns)

    def __call__(cls, *args):
        print("call", cls.__name__, args)
        return super().__call__(*args)

    @classmethod
    def __prepare__(mcls, name, bases, **kw):
        print("prepare", name, kw)
        return {"prepared": True}

    def __repr__(cls):
        return f"<Meta {cls.__name__}>"


class M(metaclass=Meta, option=1):
    def __init__(self, x):
        self.x = x


print(M(4).x, M, M.prepared, type(M).__name__)


class Sub(M):
    pass


class Registry:
    known = []

    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        Registry.known.append((cls.__name__, tag))

    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item}]"


class R1(Registry, tag="one"):
    pass


class R2(R1):
    pass


print(Registry.known, R1[int])


class Named:
    def __set_name__(self, owner, name):
        self.place = owner.__name__, name


class Owner:
    field = Named()


print(Owner.field.place)
T = type("T", (A,), {"extra": 1, "__doc__": "made by type()"})
print(T.__name__, T(1).v, T.extra, T.__doc__, T.__module__)
o = A(1)
o.__class__ = B
print(o.who())


class Singleton:
    instance = None

    def __new__(cls, *args):
        if cls.instance is None:
            cls.instance = super().__new__(cls)
        return cls.instance


print(Singleton() is Singleton(1))


class Init:
    def __init__(self):
        return 1


try:
    Init()
except TypeError as e:
    print(e)


class Outer:
    class Inner:
        pass

    def get(self):
        return __class__.__name__


print(Outer.Inner.__qualname__, Outer().get())
