"""One lock that all want, for a counter: no update may be lost. Lock, RLock and Semaphore in turns."""

import threading

from support import barrier_start, check, share, workload


def run(options, threads):
    counter = [0, 0, 0]
    locks = [threading.Lock(), threading.RLock(), threading.Semaphore(1)]

    def work(index):
        for step in share(options.size, threads, index):
            kind = step % 3
            with locks[kind]:
                # Not atomic by itself: the lock alone makes it exact.
                counter[kind] = counter[kind] + 1

    barrier_start(threads, work)
    expected = [len(range(kind, options.size, 3)) for kind in range(3)]
    check(counter == expected, "lost updates under a lock", counter, expected)
    return [f"counted: {sum(counter)}"]


if __name__ == "__main__":
    workload("locks_contended", "One lock all want.", run, 150_000, "turns of all threads together")
