"""Producers and consumers over queue.Queue (bounded), SimpleQueue and collections.deque: each item arrives once."""

import collections
import queue
import threading

from support import check, in_threads, share, workload


def run(options, threads):
    bounded, simple, plain = queue.Queue(maxsize=100), queue.SimpleQueue(), collections.deque()
    producers = max(1, threads // 2)
    consumers = max(1, threads - producers)
    received = [[] for _ in range(consumers)]

    def produce(index):
        for step in share(options.size, producers, index):
            bounded.put(step)

    def consume(index):
        mine = received[index]
        while (step := bounded.get()) is not None:
            simple.put(step)
            plain.append(simple.get())
            mine.append(plain.popleft())

    feeders = [threading.Thread(target=consume, args=(n,)) for n in range(consumers)]
    for feeder in feeders:
        feeder.start()
    in_threads(producers, produce)
    for _ in feeders:
        bounded.put(None)
    for feeder in feeders:
        feeder.join()
    items = sorted(step for steps in received for step in steps)
    check(items == list(range(options.size)), "lost or doubled items", len(items))
    check(bounded.empty() and simple.empty() and not plain, "something was left behind")
    return [f"items: {len(items)}"]


if __name__ == "__main__":
    workload("queues", "Producers and consumers.", run, 50_000, "items")
