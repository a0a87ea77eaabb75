# Containers shared by threads: what CPython documents as atomic loses nothing.
import threading
from collections import deque

THREADS, N = 4, 3000


def run(body):
    errors = []

    def wrapped(i):
        try:
            body(i)
        except Exception as e:
            errors.append(repr(e))

    ts = [threading.Thread(target=wrapped, args=(i,)) for i in range(THREADS)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    return errors


shared = []
print(run(lambda i: [shared.append((i, k)) for k in range(N)]), len(shared), len(set(shared)))
print(all([k for j, k in shared if j == i] == list(range(N)) for i in range(THREADS)))
d = {}


def fill(i):
    for k in range(N):
        d[i, k] = k
        d[f"{i}-{k}"] = k


print(run(fill), len(d), sum(d.values()))
popped = [[] for _ in range(THREADS)]
source = list(range(N * THREADS))


def pop(i):
    while True:
        try:
            popped[i].append(source.pop())
        except IndexError:
            return


print(run(pop), sorted(sum(popped, [])) == list(range(N * THREADS)), source)
q = deque()
print(run(lambda i: [q.append(k) for k in range(N)]), len(q), sum(q))
s = set()
print(run(lambda i: [s.add(i * N + k) for k in range(N)]), len(s))
default = {}
lists = run(lambda i: [default.setdefault(k % 50, []).append((i, k)) for k in range(N)])
print(lists, sum(len(v) for v in default.values()), sorted(default) == list(range(50)))


class Obj:
    pass


o = Obj()


def attributes(i):
    for k in range(N):
        setattr(o, f"a{i}_{k % 40}", k)
        assert getattr(o, f"a{i}_{k % 40}") == k


print(run(attributes), len(vars(o)))
stable = {i: i * i for i in range(1000)}
listed = list(range(1000))
sums = [0] * THREADS


def read(i):
    for _ in range(20):
        sums[i] += sum(stable[k] for k in listed)


print(run(read), set(sums))
growing = []
bad = []


def grow_and_read(i):
    if i == 0:
        for k in range(N * 3):
            growing.append(k)
    else:
        for _ in range(300):
            copy = growing[:]
            if copy != list(range(len(copy))):
                bad.append(len(copy))
            if growing and growing[-1] < growing[0]:
                bad.append("order")


print(run(grow_and_read), bad, len(growing))
big = {}


def mixed(i):
    for k in range(N):
        big[k] = i
        if k % 3 == 0:
            big.pop(k - 1, None)
        big.get(k + 1)
        k in big
        if k % 500 == 0:
            list(big.items())
            len(big.copy())


print(run(mixed), all(v in range(THREADS) for v in big.values()))
count = 0
lock = threading.Lock()


def increment(i):
    global count
    for _ in range(N):
        with lock:
            count += 1


print(run(increment), count)
import itertools

ids = itertools.count()
taken = [[] for _ in range(THREADS)]
print(run(lambda i: [taken[i].append(next(ids)) for _ in range(N)]), len(set(sum(taken, []))))
strings = []
print(run(lambda i: [strings.append("".join(str(k) for k in range(20))) for _ in range(200)]), len(set(strings)))
swaps = list(range(10))


def sort_copies(i):
    for k in range(200):
        assert sorted(swaps, key=lambda v: (v * 7 + k) % 10)[0] in range(10)


print(run(sort_copies), swaps)
