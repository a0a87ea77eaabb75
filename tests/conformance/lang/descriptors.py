# Descriptors, properties, __getattr__ and friends.
class Logged:
    def __init__(self, name):
        self.name = name

    def __get__(self, obj, owner):
        if obj is None:
            return f"class access of {self.name} on {owner.__name__}"
        return obj.__dict__.get(self.name, "unset")

    def __set__(self, obj, value):
        print("set", self.name, value)
        obj.__dict__[self.name] = value

    def __delete__(self, obj):
        print("delete", self.name)
        del obj.__dict__[self.name]


class NonData:
    def __get__(self, obj, owner=None):
        return "from descriptor"


class C:
    data = Logged("data")
    nondata = NonData()

    def __init__(self):
        self._t = 1

    @property
    def t(self):
        """The t."""
        return self._t

    @t.setter
    def t(self, v):
        self._t = v * 2

    @t.deleter
    def t(self):
        self._t = None

    @property
    def readonly(self):
        return 1


c = C()
print(C.data, c.data)
c.data = 5
print(c.data)
del c.data
print(c.data, c.nondata)
c.__dict__["nondata"] = "from instance"
print(c.nondata)
c.__dict__["data"] = "hidden"
print(c.data)
c.t = 4
print(c.t, C.t.__doc__)
del c.t
print(c.t)
for action in ("c.readonly = 1", "del c.readonly"):
    try:
        exec(action)
    except AttributeError as e:
        print(e)
print(C.readonly.fget(c), C.readonly.fset, isinstance(C.readonly, property))


class Dynamic:
    def __init__(self):
        self.real = 1

    def __getattr__(self, name):
        if name.startswith("x"):
            return f"dynamic {name}"
        raise AttributeError(f"no {name} here")

    def __setattr__(self, name, value):
        print("setattr", name, value)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        print("delattr", name)
        super().__delattr__(name)


d = Dynamic()
print(d.real, d.xyz, hasattr(d, "abc"), getattr(d, "abc", 3))
d.real = 2
del d.real
try:
    d.real
except AttributeError as e:
    print(e)


class Everything:
    def __getattribute__(self, name):
        if name == "magic":
            return 42
        return super().__getattribute__(name)

    def plain(self):
        return self.magic


print(Everything().magic, Everything().plain())


class Cached:
    def __init__(self, f):
        self.f = f

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, owner):
        if obj is None:
            return self
        value = obj.__dict__[self.name] = self.f(obj)
        return value


class Lazy:
    @Cached
    def value(self):
        print("computing")
        return 10


l = Lazy()
print(l.value, l.value)


class Base:
    @property
    def p(self):
        return "base p"

    @classmethod
    def c(cls):
        return "base c " + cls.__name__

    @staticmethod
    def s():
        return "base s"


class Derived(Base):
    @property
    def p(self):
        return "derived, " + super().p

    @classmethod
    def c(cls):
        return "derived, " + super().c()

    @staticmethod
    def s():
        return "derived, " + Base.s()


x = Derived()
print(x.p, x.c(), x.s(), Derived.c())
print(Base.__dict__["s"].__func__(), Base.__dict__["c"].__func__(int))
f = Base.__dict__["c"].__get__(None, Derived)
print(f())


def func(self):
    return self


print(func.__get__(5)(), func.__get__(None, int) is func)


class ErrorInGet:
    @property
    def broken(self):
        return self.missing_inside

    def __getattr__(self, name):
        return "fallback " + name


print(ErrorInGet().broken)


class Callable_:
    def __call__(self, *a, **k):
        return a, k


print(Callable_()(1, 2, x=3), callable(Callable_()), callable(1))
