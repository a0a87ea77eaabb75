"""Weak references, their callbacks and weak containers, against the last drop in another thread."""

import gc
import weakref

from support import hammer


class Target:
    def __init__(self, n):
        self.n = n


places = [Target(n) for n in range(8)]
references = [weakref.ref(t) for t in places]
cache = weakref.WeakValueDictionary()
names = weakref.WeakKeyDictionary()
group = weakref.WeakSet()
called = []


def drops(number, turn):
    i = turn % 8
    target = Target(i)
    places[i] = target
    references[i] = weakref.ref(target, called.append)
    cache[i] = target
    names[target] = i
    group.add(target)
    if turn % 100 == 0:
        called.clear()


def upgrades(number, turn):
    i = turn % 8
    target = references[i]()
    assert target is None or target.n == i
    found = cache.get(i)
    assert found is None or found.n == i
    for target in list(group):
        assert target.n < 8
    weakref.getweakrefcount(places[i]), weakref.getweakrefs(places[i])
    len(names), len(cache)
    a, b = Target(0), Target(1)
    a.other, b.other = b, a
    weakref.ref(a, called.append)
    if turn % 500 == 0:
        gc.collect()


hammer(drops, upgrades, drops, upgrades)
print("ok")
