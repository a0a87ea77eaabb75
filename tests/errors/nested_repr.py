x = []
for _ in range(100_000):
    x = [x]
try:
    repr(x)
except RecursionError as e:
    print("list", str(e).endswith("while getting the repr of an object"))
d = {}
for _ in range(100_000):
    d = {"k": d}
try:
    str(d)
except RecursionError as e:
    print("dict", str(e).endswith("while getting the repr of an object"))
t = ()
for _ in range(100_000):
    t = (t,)
for name, f in (("tuple", lambda: repr(t)), ("hash", lambda: hash(t)), ("compare", lambda: x == [x])):
    try:
        f()
    except RecursionError as e:
        pass
    # An interpreter may reach the end of it, or say that it is too deep.
    print(name, "ended")
a, b = [], []
for _ in range(100_000):
    a, b = [a], [b]
try:
    assert a == b
except RecursionError as e:
    pass
print("compare two", "ended")
del x, d, t, a, b
print("end")
