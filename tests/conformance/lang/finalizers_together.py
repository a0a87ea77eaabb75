"""Many objects that die together: each finalizer and weak reference callback runs once, and they do not run inside each other."""

import weakref

COUNT = 3000
deepest = depth = 0
called = []


def enter():
    global depth, deepest
    depth += 1
    deepest = max(deepest, depth)


def leave():
    global depth
    depth -= 1


class Finalized:
    def __init__(self, number):
        self.number = number

    def __del__(self):
        enter()
        called.append(self.number)
        leave()


class Watched:
    pass


def callback(reference):
    enter()
    called.append(reference)
    leave()


objects = [Finalized(n) for n in range(COUNT)]
del objects
print(len(called), sorted(called) == list(range(COUNT)), deepest)

called.clear()
objects = [Watched() for _ in range(COUNT)]
references = [weakref.ref(o, callback) for o in objects]
objects.clear()
del objects
print(len(called), sorted(map(id, called)) == sorted(map(id, references)), deepest)


class Outer:
    """What its finalizer drops is finalized before the finalizer goes on."""

    def __init__(self):
        self.inner = Finalized("inner")

    def __del__(self):
        del self.inner
        called.append("outer")


called.clear()
del references
two = [Outer(), Outer()]
del two
print(called)
