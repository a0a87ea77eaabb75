# Arrays subscribed by the loop itself and by their slots: every code, the edges, subclasses, many threads.
import threading
from array import array


class Own(array):
    def __getitem__(self, i):
        return "mine"


class Plain(array):
    pass


for code in "bBhHiIlLqQfd":
    a = array(code, [1, 2, 3])
    print(code, [a[i] for i in (0, 1, 2, -1, -3)])
    for i in (3, -4, 10**30, "x", 1.0):
        try:
            print(a[i])
        except Exception as e:
            print(type(e).__name__, e)
        try:
            a[i] = 1
        except Exception as e:
            print(type(e).__name__, e)
    i = 1
    for v in (127, 128, 255, 256, -1, -129, 2**31, 2**60, 2**63, 2**64, 1.5, "x", None):
        try:
            a[i] = v
            print(v, a[i])
        except Exception as e:
            print(code, v, type(e).__name__, e)

a = array("d", [0.0, -0.0, 1e-320, 1e308, float("inf"), float("nan")])
print([a[i] for i in range(6)])
for i in range(6):
    a[i] = a[5 - i]
print(a)
total = 0.0
for i in range(6):
    total += a[i] * 0.0
    total -= a[i]
    print(total, -total, 0.0 - a[i], a[i] + 0.0)

i = 1
x = Own("i", [1, 2])
print(x[i])
x[i] = 5
print(list(x))
y = Plain("d", [1.5, 2.5])
print(y[i])
Plain.__getitem__ = lambda self, i: ("set later", i)
print(y[i])
del Plain.__getitem__
print(y[i])
Plain.__setitem__ = lambda self, i, v: print("store", i, v)
y[i] = 4
del Plain.__setitem__
y[i] = 4
print(y)


class Stranger:
    __getitem__ = array.__getitem__


try:
    Stranger()[i]
except TypeError:
    print("no array")

# One array that its maker and others read and write while it grows and shrinks.
shared = array("q", range(1000))
stop = threading.Event()
bad = []


def reader():
    while not stop.is_set():
        for i in range(1000):
            v = shared[i]
            if v not in (i, -i):
                bad.append((i, v))
                return


def writer():
    for _ in range(200):
        for i in range(1000):
            shared[i] = -i
        for i in range(1000):
            shared[i] = i


threads = [threading.Thread(target=reader) for _ in range(3)]
threads.append(threading.Thread(target=writer))
for t in threads:
    t.start()
for _ in range(300):
    shared.extend(range(50))
    for i in range(1000):
        if shared[i] not in (i, -i):
            bad.append(i)
    del shared[1000:]
threads[-1].join()
stop.set()
for t in threads:
    t.join()
print(bad, len(shared), sum(shared))
