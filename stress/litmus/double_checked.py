"""Double-checked locking: the object is made once."""

import threading

from support import litmus


class Lazy:
    def __init__(self):
        self.lock = threading.Lock()
        self.value = None
        self.made = 0


def get(lazy):
    if lazy.value is None:
        with lazy.lock:
            if lazy.value is None:
                lazy.made += 1
                lazy.value = [42]
    return lazy.value


def outcome(lazy, given):
    if lazy.made != 1 or given[0] is not given[1]:
        return "made twice"
    return "made once" if given[0] == [42] else "half made"


litmus(
    "if None: with lock: if None: make",
    make=Lazy,
    bodies=[get, get],
    outcome=outcome,
    never=["made twice", "half made"],
)
