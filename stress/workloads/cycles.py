"""Cycles under load: threads make garbage that only the collector finds, while others hold on to living cycles."""

import gc
import weakref

from support import barrier_start, check, mixed, share, workload


class Node:
    __slots__ = ("__weakref__", "number", "other", "table")

    def __init__(self, number):
        self.number = number
        self.other = None
        self.table = {"self": self}


def ring(first, length):
    nodes = [Node(first + k) for k in range(length)]
    for node, following in zip(nodes, nodes[1:] + nodes[:1]):
        node.other = following
    return nodes[0]


def run(options, threads):
    kept = [None] * 64

    def work(index):
        watched = []
        for step in share(options.size, threads, index):
            node = ring(step * 5, 5)
            if step % 50 == 0:
                kept[step // 50 % 64] = node
            if step % 100 == 1:
                watched.append(weakref.ref(node))
            alive = kept[mixed(options, step) % 64]
            if alive is not None:
                first, seen = alive.number, 0
                while seen < 5:
                    check(alive.table["self"] is alive, "a living cycle was taken apart")
                    alive = alive.other
                    seen += 1
                check(alive.number == first, "the ring does not close")
        return watched

    watched = [ref for refs in barrier_start(threads, work) for ref in refs]
    gc.collect()
    left = sum(ref() is not None for ref in watched)
    check(left == 0, "garbage survived a collection", left)
    return [f"watched: {len(watched)}"]


if __name__ == "__main__":
    workload("cycles", "Garbage in cycles.", run, 100_000, "rings of all threads together")
