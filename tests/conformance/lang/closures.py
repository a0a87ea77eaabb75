# Scopes: closures, nonlocal, global, class scopes, comprehension scopes, deleted names.
def counter():
    n = 0

    def up(by=1):
        nonlocal n
        n += by
        return n

    def get():
        return n

    return up, get


up, get = counter()
up(); up(5)
print(get(), up.__closure__[0].cell_contents, up.__code__.co_freevars, counter.__code__.co_cellvars)

fs = [lambda: i for i in range(3)]
print([f() for f in fs])
fs = [lambda i=i: i for i in range(3)]
print([f() for f in fs])

g = 1


def set_global():
    global g, fresh
    g = 2
    fresh = "fresh"


set_global()
print(g, fresh)


def shadow():
    g = 10
    return g


print(shadow(), g)


def unbound():
    try:
        print(later)
    except UnboundLocalError as e:
        print(type(e).__name__, e)
    later = 1


unbound()


def free_unbound():
    def inner():
        return value

    try:
        inner()
    except NameError as e:
        print(type(e).__name__, e)
    value = 3
    print(inner())
    del value
    try:
        inner()
    except NameError as e:
        print(type(e).__name__, e)


free_unbound()
try:
    undefined_name
except NameError as e:
    print(e, e.name)


def deleted():
    x = 1
    del x
    try:
        x
    except UnboundLocalError as e:
        print(e)


deleted()
x = "global"


class C:
    x = "class"
    y = [x for _ in range(1)]
    z = (lambda: x)()

    def method(self):
        return x

    values = [v for v in [x, x]]


print(C.y, C.z, C().method(), C.values)


def levels():
    a = 1

    def mid():
        b = 2

        def low():
            nonlocal a, b
            a += 1
            b += 1
            return a, b

        return low() + (b,)

    return mid(), a


print(levels())


def parameter_cell(p, *args, q=1, **kw):
    def inner():
        return p, args, q, kw

    p += 1
    return inner()


print(parameter_cell(1, 2, q=3, r=4))


def comp_scope():
    i = "outer"
    squares = [i * i for i in range(4)]
    return i, squares


print(comp_scope())


def comp_closure():
    return [lambda: (i, j) for i in range(2) for j in range(2)]


print([f() for f in comp_closure()])


def walrus_in_comp():
    values = [y := x + 1 for x in range(3)]
    return values, y


print(walrus_in_comp())


def class_in_function():
    local = "local"

    class D:
        attr = local
        local = "own"
        again = local

    return D.attr if hasattr(D, "attr") else None, D.again


try:
    print(class_in_function())
except NameError as e:
    print(type(e).__name__, e)


def except_name():
    e = 1
    try:
        1 / 0
    except ZeroDivisionError as e:
        pass
    try:
        return e
    except UnboundLocalError as err:
        return str(err)


print(except_name())


def make(n):
    if n == 0:
        return lambda: []
    prev = make(n - 1)
    return lambda: prev() + [n]


print(make(5)())
print(sorted(locals().keys() & {"g", "x", "fs"}), "g" in globals())


def local_view(a, b=2):
    c = a + b
    return dict(sorted(locals().items()))


print(local_view(1))
print(eval("a + b", {"a": 1}, {"b": 2}))
ns = {}
exec("def q():\n    return w\nw = 7\nr = q()", ns)
print(ns["r"])
