"""Hits of an unbounded lru_cache: the loop may answer them itself, whatever the key, and counts them all."""

import functools
import threading

calls = []


@functools.lru_cache(maxsize=None)
def cached(x, y=0):
    calls.append(x)
    return f"{type(x).__name__} {x}"


class Text(str):
    pass


for key in (1, "1", 1.0, True, 1, "1", Text("1"), 2**70, 2**70, None, (1,), (1,), Text("1")):
    print(repr(key), cached(key), end="; ")
print(calls, cached.cache_info(), sep="\n")
print(cached(1, 0), cached(x=1), cached(1, y=0), cached.cache_info())
cached(1)
cached("1")
print(cached.cache_info())
for wrong in ([], {}):
    try:
        cached(wrong)
    except TypeError as error:
        print(error)
try:
    cached()
except TypeError as error:
    print(error)
cached.cache_clear()
print(cached.cache_info(), cached(1), cached(1), cached.cache_info())


@functools.lru_cache(maxsize=None, typed=True)
def typed(x):
    return type(x).__name__


print(typed(1), typed(True), typed(1.0), typed(1), typed.cache_info())


@functools.lru_cache(maxsize=2)
def bounded(x):
    return [x]


print(bounded(1) is bounded(1), bounded(2), bounded(3), bounded(1), bounded.cache_info())


class Owner:
    @functools.lru_cache(maxsize=None)
    def method(self, n):
        return n * 2


owner = Owner()
print(owner.method(2), owner.method(2), Owner.method.cache_info())


THREADS, TURNS = 20, 2000
cached.cache_clear()
objects = [cached(n) for n in range(16)]
same = []


def hit():
    same.append(all(cached(n & 15) is objects[n & 15] for n in range(TURNS)))


threads = [threading.Thread(target=hit) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(all(same), cached.cache_info() == (THREADS * TURNS, 16, None, 16))
cached.cache_clear()
del objects
print(cached.cache_info())
