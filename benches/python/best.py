"""Times a function: the best of several runs, printed as `best SECONDS`."""

import sys
import time


def report(work, runs=7):
    """Call `work` a number of times and print the shortest time; the argument `--runs N` overrides."""
    if "--runs" in sys.argv:
        runs = int(sys.argv[sys.argv.index("--runs") + 1])
    best = None
    result = None
    for _ in range(runs):
        start = time.perf_counter()
        value = work()
        elapsed = time.perf_counter() - start
        if best is None or elapsed < best:
            best = elapsed
        if result is not None and value != result:
            sys.exit(f"wrong: {value!r} after {result!r}")
        result = value
    print(f"result {result}")
    print(f"best {best:.6f}")
