"""concurrent.futures: map, submit, callbacks and exceptions of a pool."""

import concurrent.futures

from support import check, workload


class Refused(Exception):
    pass


def job(n):
    if n % 100 == 99:
        raise Refused(n)
    total = 0
    for k in range(200):
        total += k * n
    return total


def run(options, threads):
    called = []
    good = bad = total = 0
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(job, n) for n in range(options.size)]
        for future in futures:
            future.add_done_callback(called.append)
        for n, future in enumerate(futures):
            try:
                total += future.result()
                good += 1
            except Refused as refused:
                check(refused.args == (n,), refused)
                bad += 1
        squares = list(pool.map(lambda n: n * n, range(500), chunksize=1))
    check(squares == [n * n for n in range(500)], "map changed the order")
    check(len(called) == options.size and len(set(map(id, called))) == options.size, len(called))
    check((good, bad) == (options.size - options.size // 100, options.size // 100), good, bad)
    return [f"good: {good}", f"bad: {bad}", f"total: {total}"]


if __name__ == "__main__":
    workload("thread_pool", "Jobs of a pool.", run, 10_000, "jobs")
