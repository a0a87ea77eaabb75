"""What every workload shares: the command line of the examples, a check that cannot be switched off, shares of work.

A workload's `run(options, threads)` does the whole job on that many threads, checks what must hold whatever the
interleaving, and returns lines that depend on the size and the seed alone.
"""

import os
import sys
import threading

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples"))

import common
from common import checksum, in_threads

__all__ = ["barrier_start", "check", "checksum", "in_parts", "in_threads", "mixed", "share", "workload"]


class Wrong(Exception):
    """A workload found what must not be."""


def check(condition, *what):
    """Unlike `assert`, -O does not remove it."""
    if not condition:
        raise Wrong(*what)


def share(total, threads, index):
    """The part of range(total) that thread `index` does; the parts of all threads are the whole."""
    return range(total * index // threads, total * (index + 1) // threads)


def in_parts(threads, count, part):
    """[part(0), ..., part(count - 1)]; the threads take the parts as they become free."""
    results = [None] * count
    work = common.WorkList(range(count))

    def body(_index):
        for number in work:
            results[number] = part(number)

    in_threads(threads, body)
    return results


def mixed(options, number):
    """Looks random, and is the same for this number in every run with this seed. Below 65521, a prime."""
    return (number * 40503 + int(options.seed) * 30011) % 65521


def barrier_start(threads, work):
    """`in_threads`, with all threads set off at once."""
    barrier = threading.Barrier(threads)

    def body(index):
        barrier.wait()
        return work(index)

    return in_threads(threads, body)


def workload(name, about, run, size, size_help):
    common.main(name, about, run, size, size_help, extra={"seed": ("0", "seed of what is random")})
