"""The part of `pyperf` that the programs of `pyperformance` use, in one process.

`pyperf` starts many processes and needs `psutil`. Here a benchmark finds out how many loops fill a tenth of a second, repeats
them a few times, and prints one line: `bench NAME SECONDS`, the shortest time of one loop. At its end the program prints
`peak KILOBYTES`, the most memory that was resident. The interpreters take turns in `cargo xtask pyperformance`.
"""

import argparse
import atexit
import platform
from time import perf_counter

#: The least seconds a value takes, and how many values are taken.
LEAST = 0.1
VALUES = 3
#: No further value is begun after so many seconds.
ENOUGH = 6.0


def python_implementation():
    return platform.python_implementation().lower()


def python_has_jit():
    return False


def _peak():
    """The peak of resident memory; that of `getrusage` is inherited from the parent process."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                print("peak", line.split()[1])


class Runner:
    def __init__(self, add_cmdline_args=None, **_options):
        self.argparser = argparse.ArgumentParser()
        self.metadata = {}
        self.args = None
        atexit.register(_peak)

    def parse_args(self, args=None):
        if self.args is None:
            self.args = self.argparser.parse_args(args)
        return self.args

    def bench_time_func(self, name, time_func, *args, inner_loops=1, **_options):
        self.parse_args()
        began = perf_counter()
        loops = 1
        value = time_func(loops, *args)
        while value < LEAST:
            # Not by a guess from the first loop: it fills caches.
            loops *= 2 if value > LEAST / 4 else 4
            value = time_func(loops, *args)
        best = value
        for _ in range(VALUES - 1):
            if perf_counter() - began > ENOUGH:
                break
            best = min(best, time_func(loops, *args))
        print(f"bench {name} {best / loops / inner_loops:.9f}")

    def bench_func(self, name, func, *args, **options):
        def time_func(loops):
            start = perf_counter()
            for _ in range(loops):
                func(*args)
            return perf_counter() - start

        self.bench_time_func(name, time_func, **options)

    def bench_async_func(self, name, func, *args, **options):
        # Only here: it would count as the memory of every program.
        import asyncio

        async def time_loops(loops):
            start = perf_counter()
            for _ in range(loops):
                await func(*args)
            return perf_counter() - start

        def time_func(loops):
            return asyncio.run(time_loops(loops))

        options.pop("loop_factory", None)
        self.bench_time_func(name, time_func, **options)
