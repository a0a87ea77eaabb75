"""Locks that no other thread wants: one Lock, RLock and Condition for each unit of work."""

import threading

from support import check, in_parts, workload

PARTS = 64


def part(number, steps):
    lock, again, condition = threading.Lock(), threading.RLock(), threading.Condition()
    total = 0
    for step in range(steps):
        with lock:
            total += step
        with again:
            with again:
                total += number
        with condition:
            condition.notify()
    check(not lock.locked(), "left locked")
    return total


def run(options, threads):
    steps = options.size // PARTS

    total = sum(in_parts(threads, PARTS, lambda number: part(number, steps)))
    check(total == PARTS * steps * (steps - 1) // 2 + steps * sum(range(PARTS)), total)
    return [f"total: {total}"]


if __name__ == "__main__":
    workload("locks_uncontended", "Locks nobody else wants.", run, 450_000, "turns of all threads together")
