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

    def work(index):
        total = 0
        batch = []
        for step in share(options.size, threads, index):
            batch.append(Item(step, mixed(options, step) % 300))
            if len(batch) == 32:
                # The neighbour drops them.
                boxes[(index + 1) % threads].put(batch)
                batch = []
            if step % 32 == 0:
                while not boxes[index].empty():
                    for item in boxes[index].get():
                        check(item.payload[1] == [item.step], item.step)
                        check(len(item.payload[3]) == item.size, item.step)
                        total += item.step
        boxes[(index + 1) % threads].put(batch)
        return total

    total = sum(barrier_start(threads, work))
    for box in boxes:
        while not box.empty():
            total += sum(item.step for item in box.get())
    check(total == options.size * (options.size - 1) // 2, total)
    return [f"total: {total}"]


if __name__ == "__main__":
    workload("alloc_churn", "Objects freed by other threads.", run, 300_000, "objects of all threads together")
