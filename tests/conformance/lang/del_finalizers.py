# __del__ runs promptly when the last reference goes, in the right order, and may resurrect.
log = []


class D:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


D("temporary")
x = D("reassigned")
x = D("deleted")
del x
print("after del")


def scope():
    local = D("local")
    print("in scope")


scope()
print("after scope")


def argument(p):
    print("got", p.name)


argument(D("argument"))
lst = [D("in list 0"), D("in list 1")]
lst.pop()
print("popped")
lst.clear()
print("cleared")
d = {"k": D("in dict")}
d["k"] = None
print("replaced")
d["k"] = D("again")
del d["k"]


class Holder:
    pass


h = Holder()
h.child = D("attribute")
h.child = None
h.child = D("with parent")
del h
print("parent gone")
t = (D("t0"), D("t1"))
t = None


def generator():
    held = D("held by generator")
    yield 1


g = generator()
next(g)
del g
print("generator gone")
try:
    keep = D("in try")
    raise ValueError
except ValueError:
    del keep
print("handler done")
for i in range(2):
    loop = D(f"loop {i}")
del loop
saved = []


class Phoenix:
    def __del__(self):
        print("resurrecting")
        saved.append(self)


p = Phoenix()
del p
print(len(saved))
saved.clear()
print("not finalized twice")


def swap():
    a, b = D("a"), D("b")
    a, b = b, a
    del a
    print("b is gone")


swap()
f = lambda held=D("default value"): held
del f
print("function gone")
D("chain").name.upper()
[D("comprehension") for _ in range(1)] and None
print([D("kept until printed").name])
nested = [[D("deep")]]
nested[0] = 1
s = {D("in set")}
s.pop()


class Base:
    def __del__(self):
        print("base del")


class Derived(Base):
    def __del__(self):
        print("derived del")
        super().__del__()


Derived()
chain = None
for i in range(50_000):
    chain = [chain]
del chain
print("long chain dropped")
at_end = D("at exit")
print("end of program")
