"""Allocation churn with frees by other threads: what one thread makes another lets go, in sizes from small to large."""

import queue

from support import barrier_start, check, mixed, share, workload


class Item:
    def __init__(self, step, size):
        self.step = step
        self.payload = (step, [step], {"step": step}, bytes(size), "x" * (size % 50))
        self.size = size


def run(options, threads):
    boxes = [queue.SimpleQueue() for _ in range(threads)]

    def let_go(batch):
        for item in batch:
            check(item.payload[1] == [item.step], item.step)
            check(len(item.payload[3]) == item.size, item.step)
        return len(batch), sum(item.step for item in batch)

    def work(index):
        mine, neighbour = boxes[index], boxes[(index + 1) % threads]
        expected = len(share(options.size, threads, (index - 1) % threads))
        dropped = total = 0
        batch = []

        def drop_one():
            nonlocal dropped, total
            count, steps = let_go(mine.get())
            dropped += count
            total += steps

        for step in share(options.size, threads, index):
            batch.append(Item(step, mixed(options, step) % 300))
            if len(batch) == 32:
                # The neighbour drops them.
                neighbour.put(batch)
                batch = []
                while not mine.empty():
                    drop_one()
        neighbour.put(batch)
        # Who makes them for this thread may be behind: they are dropped here all the same, and not when all have ended.
        while dropped < expected:
            drop_one()
        return total

    total = sum(barrier_start(threads, work))
    check(total == options.size * (options.size - 1) // 2, total)
    return [f"total: {total}"]


if __name__ == "__main__":
    workload("alloc_churn", "Objects freed by other threads.", run, 900_000, "objects of all threads together")
