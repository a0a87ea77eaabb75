"""A special method that comes and goes while another thread makes a subclass, or sets it too: operators see in the end what the
class has."""

import threading

ROUNDS = 1500


class Base:
    pass


def together(*works):
    """Each in a thread of its own, all at once, again and again; `check` runs between two rounds."""
    barrier = threading.Barrier(len(works) + 1)

    def body(work):
        for turn in range(ROUNDS):
            barrier.wait()
            work(turn)
            barrier.wait()

    threads = [threading.Thread(target=body, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for turn in range(ROUNDS):
        barrier.wait()
        barrier.wait()
        yield turn
    for thread in threads:
        thread.join()


def length(obj):
    try:
        return len(obj)
    except TypeError:
        return None


made = []


def make(turn):
    made.append(type("Made", (Base,), {}))
    made.append(type("Below", (made[-1],), {}))


def change(turn):
    if turn % 3 == 2:
        del Base.__len__
    else:
        Base.__len__ = lambda self: turn


wrong = 0
for turn in together(make, change):
    wanted = turn if turn % 3 != 2 else None
    wrong += any(length(cls()) != wanted for cls in (Base, *made))
    made.clear()
print("subclasses that missed a change:", wrong)


class Shared:
    pass


class Child(Shared):
    pass


def put(turn):
    Shared.__len__ = lambda self: 1


def put_other(turn):
    Shared.__len__ = lambda self: 2


def remove(turn):
    try:
        del Shared.__len__
    except AttributeError:
        pass


wrong = 0
for turn in together(put, remove, put_other):
    has = "__len__" in vars(Shared)
    wrong += any((length(cls()) is not None) != has for cls in (Shared, Child))
print("slots that are not what the class has:", wrong)


class Plain:
    pass


class Finalized:
    def __del__(self):
        seen.append(1)


class Moved(Plain):
    pass


seen = []
Moved()
Moved.__bases__ = (Finalized,)
Moved()
Moved.__bases__ = (Plain,)
Moved()
print("finalized:", len(seen))
