"""Chains of generators that many threads use: one after the other, and all at once with those in the middle."""
import gc
import threading
import types


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


def together(f, n=4):
    start = threading.Barrier(n)

    def run(i):
        start.wait()
        f(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


# ---- handed from thread to thread
lock, shared, got = threading.Lock(), tree(12), []


def take(i):
    while True:
        with lock:
            for _ in range(13):
                v = next(shared, None)
                if v is None:
                    return
                got.append(v)


together(take)
print(got == list(tree(12)))


# ---- all at once: what one thread is running the others may not
def count(n, log):
    if n:
        yield from count(n - 1, log)
    else:
        for i in range(20000):
            yield i


g, seen, refused = count(8, None), [[] for _ in range(4)], [0] * 4


def fight(i):
    while True:
        try:
            v = next(g, None)
        except ValueError:
            refused[i] += 1
            continue
        if v is None:
            return
        seen[i].append(v)


together(fight)
print(sorted(v for part in seen for v in part) == list(range(20000)))


# ---- somebody finds those in the middle and uses them by themselves
class Stop(Exception):
    pass


def inner():
    n = 0
    while True:
        n += 1
        yield n


def middle(n):
    if n:
        yield from middle(n - 1)
    else:
        yield from inner()


TURNS, USERS = 200, 3
begin, end = threading.Barrier(USERS + 1), threading.Barrier(USERS + 1)
root, found, values = None, [], [[], [], []]


def use(i):
    for turn in range(TURNS):
        begin.wait()
        for k in range(20):
            # The order in which they are met differs from turn to turn.
            x = found[(k * 5 + turn) % len(found)]
            try:
                if i == 0:
                    values[0].append(next(root))
                elif i == 1:
                    values[1].append(next(x))
                else:
                    x.gi_running, x.gi_suspended, x.gi_yieldfrom
            except ValueError as e:
                # One that delegates has ended by that, and those outside of it.
                assert "already executing" in str(e), e
            except StopIteration:
                pass
        end.wait()


threads = [threading.Thread(target=use, args=(i,)) for i in range(USERS)]
for t in threads:
    t.start()
for turn in range(TURNS):
    inner.__name__, middle.__name__ = names = f"inner {turn}", f"middle {turn}"
    root = middle(6)
    next(root), next(root)
    found = [o for o in gc.get_objects() if isinstance(o, types.GeneratorType) and o.__name__ in names
             and o is not root]
    assert len(found) == 7, len(found)
    for part in values:
        part.clear()
    begin.wait()
    end.wait()
    # Each value went to one of them.
    got = sorted(values[0] + values[1])
    assert got == list(range(3, 3 + len(got))), (turn, values)
for t in threads:
    t.join()
print("each value once")
