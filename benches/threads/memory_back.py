"""Memory after a peak of about one gigabyte: what is left two seconds after it was freed.

Usage: memory_back.py [own | other | large | mixed]. `own`: the main thread frees what it made. `other`: a thread frees it
while the main thread, which made it, sleeps in `join` and on. `large`: long lists and strings. `mixed`: made by four threads
that have ended.
"""

import sys
import threading
import time


def resident():
    """Megabytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


class Node:
    def __init__(self, a):
        self.a = a
        self.b = None
        self.c = (a,)


def small(n):
    return [Node(i) for i in range(n)]


def large(n):
    return [[i] * 1000 for i in range(n)] + [chr(97 + i % 26) * 2000 for i in range(n)]


def main():
    way = sys.argv[1] if len(sys.argv) > 1 else "own"
    before = resident()
    holder = []
    if way == "mixed":
        threads = [threading.Thread(target=lambda: holder.append(small(2_000_000))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    elif way == "large":
        holder.append(large(100_000))
    else:
        holder.append(small(8_000_000))
    peak = resident()
    start = time.monotonic()
    if way == "other":
        freed = threading.Event()

        def free():
            nonlocal start
            holder.clear()
            start = time.monotonic()
            freed.set()

        threading.Thread(target=free).start()
        freed.wait()
    else:
        holder.clear()
        start = time.monotonic()
    took = 0
    while time.monotonic() - start < 2:
        time.sleep(0.1)
        if not took and resident() < 150:
            took = time.monotonic() - start
    after = resident()
    print(f"{way}: {before:.0f} MB, peak {peak:.0f} MB, after two seconds {after:.0f} MB, under 150 MB after {took:.1f} s")
    sys.exit(after >= 150)


main()
