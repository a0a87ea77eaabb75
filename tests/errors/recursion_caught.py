import sys


def depth(n):
    try:
        return depth(n + 1)
    except RecursionError:
        return n


print(depth(0) > 500)


class R:
    def __repr__(self):
        return repr(self)


class E:
    def __eq__(self, other):
        return self == other


class G:
    def __getattr__(self, name):
        return getattr(self, name + "x")


class L:
    def __len__(self):
        return len(self)


class C:
    def __call__(self):
        return self()


class H:
    def __hash__(self):
        return hash(self)


class S:
    def __lt__(self, o):
        return sorted([S(), S()])


class D:
    def __add__(self, o):
        return self + o


class I:
    def __iter__(self):
        return iter(self)


class X:
    def __getitem__(self, i):
        return self[i]


def gen():
    yield from gen()


def comp():
    return [comp() for _ in range(1)]


def viamap(x):
    return list(map(viamap, [x]))


for f in (lambda: repr(R()), lambda: E() == E(), lambda: G().a, lambda: len(L()), lambda: C()(), lambda: hash(H()), lambda: S() < 1, lambda: D() + 1, lambda: iter(I()), lambda: X()[0], lambda: list(gen()), comp, lambda: viamap(1)):
    try:
        f()
    except RecursionError as e:
        print("RecursionError", str(e)[:32])
