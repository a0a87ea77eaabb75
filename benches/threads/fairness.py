"""Two threads hammer one lock, one list, or one dict: what share of each 100 ms does the poorer one get?

Usage: fairness.py [SECONDS] [KIND...]. Every thread counts its turns by the time at which they ended, so nobody has to
watch them. Printed for each kind: turns per second, the poorer thread's share on the whole, the least share in any 100 ms,
and how many of these were below a quarter. Exits with 1 if any was, so run it on an idle machine with two cores.
"""

import sys
import threading
import time

WINDOWS = 10  # per second

lock = threading.Lock()
again = threading.RLock()
condition = threading.Condition()
items = []
table = {}


def use_lock():
    with lock:
        pass


def use_rlock():
    with again:
        pass


def use_condition():
    with condition:
        condition.notify()


def use_list():
    items.append(None)
    items.pop()


long = list(range(100_000))


def use_long_list():
    long.insert(0, None)
    long.pop(0)


def use_dict():
    table["key"] = None


def held_long():
    with lock:
        for _ in range(200):
            pass


KINDS = {
    "lock": use_lock,
    "lock held long": held_long,
    "rlock": use_rlock,
    "condition": use_condition,
    "list": use_list,
    "long list": use_long_list,
    "dict": use_dict,
}


def measure(turn, seconds):
    windows = int(seconds * WINDOWS)
    counts = [[0] * (windows + 1) for _ in range(2)]
    barrier = threading.Barrier(2)
    start = []

    def run(number):
        mine = counts[number]
        clock = time.monotonic
        if barrier.wait() == 0:
            start.append(clock())
        barrier.wait()
        begin = start[0]
        while True:
            turn()
            window = int((clock() - begin) * WINDOWS)
            if window >= windows:
                return
            mine[window] += 1

    threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [pair for pair in zip(*counts)][1:windows]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    kinds = sys.argv[2:] or list(KINDS)
    bad = 0
    for kind in kinds:
        pairs = measure(KINDS[kind], seconds)
        shares = [min(a, b) / max(a + b, 1) for a, b in pairs]
        total = [sum(c) for c in zip(*pairs)]
        below = sum(share < 0.25 for share in shares)
        bad += below
        print(
            f"{kind:15} {sum(total) / len(pairs) * WINDOWS:12,.0f}/s  share {min(total) / sum(total):5.1%}"
            f"  least {min(shares):5.1%}  below a quarter: {below} of {len(pairs)}"
        )
    sys.exit(bad != 0)


main()
