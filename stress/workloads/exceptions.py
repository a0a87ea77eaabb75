"""Exceptions: raised, chained, caught in the middle, with tracebacks, groups, finally and context managers."""

import contextlib
import traceback

from support import check, checksum, in_threads, mixed, share, workload


class Odd(Exception):
    def __init__(self, number):
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def counting(counter):
    try:
        yield
    except Odd:
        counter[0] += 1
        raise
    finally:
        counter[1] += 1


def deep(depth, number):
    if depth == 0:
        if number % 2:
            raise Odd(number)
        return number
    return deep(depth - 1, number)


SHARED = Odd(-1)


def one(number, depth, counter):
    try:
        with counting(counter):
            return deep(depth, number)
    except Odd as odd:
        check(odd.number == number, odd.number, number)
        if number % 101 == 0:
            check(len(traceback.extract_tb(odd.__traceback__)) == depth + 2, number)
        try:
            raise KeyError(number) from odd
        except (KeyError, ValueError) as key:
            check(key.__cause__ is odd, number)
    try:
        raise ExceptionGroup("two", [ValueError(number), TypeError(number)])
    except* ValueError as group:
        check(group.exceptions[0].args == (number,), number)
    except* TypeError:
        pass
    try:
        # All threads raise one and the same instance.
        raise SHARED
    except Odd as odd:
        check(odd is SHARED, number)
    return -number


def run(options, threads):
    def work(index):
        counter = [0, 0]
        mine = share(options.size, threads, index)
        total = sum(one(number, mixed(options, number) % 10, counter) for number in mine)
        check(counter == [sum(number % 2 for number in mine), len(mine)], counter)
        return total

    return [f"checksum: {checksum([sum(in_threads(threads, work))])}"]


if __name__ == "__main__":
    workload("exceptions", "Exceptions of all kinds.", run, 100_000, "attempts of all threads together")
