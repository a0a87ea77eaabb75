# An OrderedDict that changes while it is walked, compared or copied.
from collections import OrderedDict


def tries(what, f):
    try:
        print(what, f())
    except (RuntimeError, KeyError) as e:
        print(what, type(e).__name__, *(a for a in e.args if type(a) is str))


def walk(change, d=None):
    d = OrderedDict.fromkeys("abcde")
    seen = []
    for k in d:
        seen.append(k)
        change(d, k)
    return seen, list(d)


tries("move", lambda: walk(lambda d, k: d.move_to_end(k)))
tries("move last", lambda: walk(lambda d, k: d.move_to_end("e")))
tries("move first", lambda: walk(lambda d, k: d.move_to_end("a", last=False)))
tries("add", lambda: walk(lambda d, k: d.__setitem__("x" + k, 1)))
tries("replace", lambda: walk(lambda d, k: d.__setitem__(k, 1)))
tries("delete", lambda: walk(lambda d, k: d.pop(k)))
tries("delete last", lambda: walk(lambda d, k: k == "e" and d.pop(k)))
tries("clear", lambda: walk(lambda d, k: d.clear()))

d = OrderedDict.fromkeys("abc")
it = iter(d.items())
print(next(it))
d.move_to_end("a")
tries("items", lambda: next(it))
print(list(it))


class Key:
    armed = None

    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 1

    def __eq__(self, other):
        if Key.armed:
            armed, Key.armed = Key.armed, None
            armed()
        return self.n == other.n


def pair():
    return OrderedDict((Key(i), i) for i in range(3)), OrderedDict((Key(i), i) for i in range(3))


a, b = pair()
print(a == b)
a, b = pair()
Key.armed = a.clear
tries("copy", a.copy)
Key.armed = None

for take in [lambda d: dict.pop(d, "a"), lambda d: dict.popitem(d), lambda d: dict.__delitem__(d, "b")]:
    d = OrderedDict(a=1, b=2)
    take(d)
    print(len(d))
    tries("repr", lambda: repr(d))
    tries("values", lambda: list(d.values()))
    d.clear()
    print(d)
