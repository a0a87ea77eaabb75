"""A convoy: every thread takes the same lock for a long critical section and computes only a little outside."""

import threading

from support import barrier_start, check, share, workload


def run(options, threads):
    lock = threading.Lock()
    inside = []
    done = [0]

    def work(index):
        outside = 0
        for step in share(options.size, threads, index):
            with lock:
                inside.append(index)
                for k in range(200):
                    done[0] += 1
                check(inside.pop() == index and not inside, "two threads in the critical section")
            for k in range(20):
                outside += k
        return outside

    outside = sum(barrier_start(threads, work))
    check(done[0] == 200 * options.size, done)
    return [f"inside: {done[0]}", f"outside: {outside}"]


if __name__ == "__main__":
    workload("lock_convoy", "Long critical sections of one lock.", run, 20_000, "sections of all threads together")
