"""Containers that live for a moment: threads hammer them and end, collections run and the program forks meanwhile.

Each round has new threads, which inherit the ids and the heaps of those that have ended, and new containers in the cells of old ones. In
half of the rounds the program forks somewhere in the middle: the child finds each container as it was between two operations, goes on
with it, alone and beside a thread of its own, and loses nothing.
"""

import gc
import os
import random
import threading
import time
import warnings

from support import arguments, verify

KEYS = 64
LATER = 500


class Box:
    pass


class Containers:
    def __init__(self):
        self.items = []
        self.table = {}
        self.unique = set()
        self.box = Box()

    def hammer(self, number, turns):
        items, table, unique, box = self.items, self.table, self.unique, self.box
        for turn in range(turns):
            items.append((number, turn))
            table[turn % KEYS] = number
            unique.add(turn % KEYS)
            box.last = [turn]

    def check(self, turns):
        """Each thread has appended its own turns, in order; `turns`: by number, how many (None: some)."""
        seen = dict.fromkeys(turns, 0)
        for number, turn in self.items:
            assert turn == seen[number], (number, turn, seen[number])
            seen[number] += 1
        for number, count in turns.items():
            assert count in (None, seen[number]), (number, count, seen[number])
        assert len(self.table) <= KEYS and len(self.unique) <= KEYS
        assert all(number in turns for number in self.table.values())


def child(containers, threads):
    """What the forked process does; its exit status."""
    containers.check(dict.fromkeys(range(threads)))
    me, other = threads, threads + 1
    beside = threading.Thread(target=containers.hammer, args=(other, LATER))
    beside.start()
    containers.hammer(me, LATER)
    beside.join()
    turns = dict.fromkeys(range(threads))
    turns[me] = turns[other] = LATER
    containers.check(turns)
    gc.collect()
    return 0


def round_of(threads, turns, forks, wait):
    containers = Containers()
    start = threading.Barrier(threads + 1)

    def run(number):
        start.wait()
        containers.hammer(number, turns)
        if number == 0:
            gc.collect()

    workers = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    if forks:
        time.sleep(wait)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = child(containers, threads)
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"the child ended with {status:#x}"
    for worker in workers:
        worker.join()
    containers.check(dict.fromkeys(range(threads), turns))


def main():
    threads, seconds = arguments()
    warnings.simplefilter("ignore", DeprecationWarning)
    choose = random.Random(threads)
    end = time.monotonic() + seconds
    forks = False
    while time.monotonic() < end:
        forks = not forks
        count = choose.choice((2, 2, 3, threads))
        turns = choose.choice((100, 2000, 10_000))
        round_of(count, turns // count + 1, forks, choose.random() * 0.02)
    verify()
    print("ok")


main()
