# Numbers among the globals, which caches may keep: bound again in every way, and by one thread while others read.
import builtins
import sys
import threading

LIMIT = 10
FACTOR = 2.5


def product():
    return LIMIT * FACTOR


def seen():
    return [product() for _ in range(3)]


print(seen())
LIMIT = 11
print(seen())
globals()["LIMIT"] = 12
print(seen())
globals().update(FACTOR=0.5, LIMIT=13)
print(seen())
exec("LIMIT = 14")
print(seen())
setattr(sys.modules[__name__], "FACTOR", 2)
print(seen())
builtins.LIMIT = 100
del LIMIT
print(seen())
builtins.LIMIT = 101
print(seen())
LIMIT = 1
print(seen())
LIMIT = None
try:
    seen()
except TypeError as error:
    print(error)
LIMIT = "ab"
print(seen())
del LIMIT
del builtins.LIMIT
try:
    seen()
except NameError as error:
    print(error)


def count(times):
    global counter
    for _ in range(times):
        counter += 1
    return counter


counter = 0
print(count(1000), counter, count(1000), counter)

# Of two numbers that a thread binds one after the other, who sees the second sees the first.
ROUNDS = 20
first = second = 0
wrong = []
begin = threading.Barrier(4)


def bind(base):
    global first, second
    for number in range(base, base + 2000):
        first = number
        second = number


def read(last):
    before = 0
    while before != last:
        late = second
        early = first
        if early < late or late < before:
            wrong.append((before, late, early))
            return
        before = late


def writer():
    for turn in range(ROUNDS):
        begin.wait()
        bind(turn * 2000 + 1)


def reader():
    for turn in range(ROUNDS):
        begin.wait()
        read((turn + 1) * 2000)


threads = [threading.Thread(target=writer)] + [threading.Thread(target=reader) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(wrong, first, second)

# Names that were never bound before are new to every cache each time.
for turn in range(200):
    space = {"number": turn, "again": None}
    exec("def get(): return number\n", space)
    results = [set() for _ in range(2)]

    def look(results, get):
        for _ in range(50):
            results.add(get())

    threads = [threading.Thread(target=look, args=(found, space["get"])) for found in results]
    for thread in threads:
        thread.start()
    space["number"] = turn + 0.5
    for thread in threads:
        thread.join()
    assert all(found <= {turn, turn + 0.5} for found in results), results
    assert space["get"]() == turn + 0.5
print("done")
