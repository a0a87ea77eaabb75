"""A thousand threads: started by `--threads` starters, all alive at once, each with its own local data, then all ended."""

import threading

from support import check, in_threads, share, workload

local = threading.local()


def run(options, threads):
    gate = threading.Event()
    met = threading.Semaphore(0)
    results = [None] * options.size

    def body(number):
        local.value = [number]
        met.release()
        gate.wait()
        check(local.value == [number], "local data of another thread", number)
        results[number] = sum(range(number % 50)) + local.value[0]

    def start(index):
        started = [threading.Thread(target=body, args=(number,)) for number in share(options.size, threads, index)]
        for thread in started:
            thread.start()
        return started

    every = [thread for started in in_threads(threads, start) for thread in started]
    for _ in every:
        met.acquire()
    check(threading.active_count() >= options.size, threading.active_count())
    check(len({thread.ident for thread in every}) == options.size, "two living threads with one ident")
    gate.set()
    for thread in every:
        thread.join()
        check(not thread.is_alive(), thread)
    check(results == [sum(range(n % 50)) + n for n in range(options.size)], "a thread did not do its work")
    return [f"threads: {options.size}", f"total: {sum(results)}"]


if __name__ == "__main__":
    workload("many_threads", "A thousand threads at once.", run, 1_000, "threads")
