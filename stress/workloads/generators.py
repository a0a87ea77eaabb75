"""Generators and coroutines: chains of them in each thread, and iterators under a lock that all threads share."""

import itertools
import threading

from support import barrier_start, check, share, workload


def numbers(some):
    for n in some:
        got = yield n
        if got is not None:
            yield got


def squares(some):
    yield from (n * n for n in some)


def averages():
    total = count = 0
    while True:
        value = yield total / count if count else 0.0
        total += value
        count += 1


async def double(n):
    return 2 * n


async def four_times(n):
    return await double(n) + await double(n)


def await_it(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("the coroutine waits")


def run(options, threads):
    tickets = itertools.count()
    shared = numbers(itertools.count())
    lock = threading.Lock()

    def work(index):
        mine = share(options.size, threads, index)
        total = sum(squares(numbers(mine)))
        check(total == sum(n * n for n in mine), index)
        average = averages()
        next(average)
        for n in mine:
            last = average.send(n)
        average.close()
        if mine:
            check(abs(last - (mine[0] + mine[-1]) / 2) < 1e-6, last)
        check(all(await_it(four_times(n)) == 4 * n for n in mine[::10]), index)
        taken, drawn = [], []
        for _ in range(len(mine) // 4):
            taken.append(next(tickets))
            with lock:
                drawn.append(next(shared))
        return total, taken, drawn

    results = barrier_start(threads, work)
    count = sum(len(result[1]) for result in results)
    for which in (1, 2):
        numbers_seen = sorted(n for result in results for n in result[which])
        check(numbers_seen == list(range(count)), "a shared iterator gave a number twice", which)
    return [f"total: {sum(result[0] for result in results)}"]


if __name__ == "__main__":
    workload("generators", "Generators and coroutines.", run, 2_400_000, "numbers of all threads together")
