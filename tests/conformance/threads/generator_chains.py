"""Chains of generators and instances whose class changes, used by several threads at once: nothing crashes, and what a
generator yields is yielded once."""
import random
import threading


def leaf(n):
    yield from range(n)


def level(k, n, box):
    inner = leaf(n) if k == 0 else level(k - 1, n, box)
    box.append(inner)
    yield from inner


class Small:
    pass


class Large:
    def __init__(self):
        self.a, self.b, self.c, self.d, self.e, self.f, self.g = range(7)

    def m(self):
        return self.a


def use(generator, r, got):
    k = r.random()
    if k < 0.85:
        got.append(next(generator))
    elif k < 0.9:
        got.append(generator.send(None))
    else:
        generator.gi_yieldfrom, generator.gi_running, generator.gi_frame


def change(o, r):
    k = r.random()
    if k < 0.2:
        o.__class__ = Large
    elif k < 0.3:
        o.__class__ = Small
    elif k < 0.6:
        o.a = r
        o.g = k
    elif k < 0.7:
        vars(o)
    elif k < 0.8:
        setattr(o, f"x{r.randrange(40)}", k)
    elif k < 0.9:
        o.m(), o.g
    else:
        del o.a


def work(seed, generators, objects, got):
    r = random.Random(seed)
    for _ in range(300):
        try:
            use(r.choice(generators), r, got)
        except (StopIteration, ValueError):
            # Exhausted, or another thread runs it.
            pass
        try:
            change(r.choice(objects), r)
        except (AttributeError, TypeError):
            # Not there (any more), or of the other class by now.
            pass


twice = 0
for round in range(60):
    box = []
    outer = level(5, 200, box)
    box.append(outer)
    first = next(outer)
    objects = [Small() for _ in range(40)]
    got = [[first]] + [[] for _ in range(4)]
    threads = [threading.Thread(target=work, args=(10 * round + i, box, objects, got[i + 1])) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    everything = [x for part in got for x in part if x is not None]
    twice += len(everything) - len(set(everything))
print("twice:", twice)
