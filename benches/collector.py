"""What the cycle collector costs: pauses by the number of live objects, the share of a growing heap's time, the time until
the world stands still.

    typhon benches/collector.py [pauses] [growth] [stop] [--most N] [--threads N] [--seconds S]

Without names all three. `taskset -c 0 typhon benches/collector.py pauses` shows one core. Runs on CPython too, but for `stop`.
"""

import gc
import os
import random
import sys
import threading
import time

ORDER = ("in order", "shuffled")


class Node:
    def __init__(self, items, other, number):
        self.items = items
        self.other = other
        self.number = number


def graph(count, order):
    """`count` objects, half of them instances, half lists; each instance names its list and another instance."""
    nodes = []
    before = None
    for number in range(count // 2):
        before = Node([number], before, number)
        nodes.append(before)
    if order == "shuffled":
        others = nodes[:]
        random.Random(1).shuffle(others)
        for node, other in zip(nodes, others):
            node.other = other
        random.Random(2).shuffle(nodes)
    return nodes


def median(values):
    return sorted(values)[len(values) // 2]


def pauses(options):
    """Full collections of heaps in which everything is alive."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"full collection, everything alive, {cores} core(s): median of seven")
    print(f"{'objects':>12}  {'graph':<10}{'pause':>12}{'per object':>14}")
    counts = [count for count in (100_000, 1_000_000, 1_800_000, 10_000_000) if count <= options["--most"]]
    for count in counts:
        for order in ORDER:
            gc.disable()
            nodes = graph(count, order)
            gc.enable()
            gc.collect()
            times = []
            for _ in range(7):
                start = time.perf_counter()
                gc.collect()
                times.append(time.perf_counter() - start)
            print(f"{count:>12,}  {order:<10}{median(times) * 1e3:>9.2f} ms{median(times) / count * 1e9:>11.2f} ns", flush=True)
            del nodes


def growth(options):
    """The part of the time that collections take while a list of instances grows."""
    spent = [0.0, 0, 0.0]

    def watch(phase, _info):
        if phase == "start":
            spent[2] = time.perf_counter()
        else:
            spent[0] += time.perf_counter() - spent[2]
            spent[1] += 1

    count = options["--most"]
    gc.collect()
    gc.callbacks.append(watch)
    start = time.perf_counter()
    nodes = []
    for number in range(count):
        nodes.append(Node(number, number, number))
    whole = time.perf_counter() - start
    gc.callbacks.remove(watch)
    print(f"building {count:,} instances of three attributes: {whole:.2f} s, of which {spent[1]} collections {spent[0]:.3f} s = {spent[0] / whole:.1%}")


def stop(options):
    """How long a collection waits until all other threads stand still."""
    try:
        import typhon
    except ImportError:
        print("time to stop: only typhon tells")
        return
    running = True

    def work():
        shared = Node(None, None, 0)
        pairs = []
        while running:
            for number in range(1000):
                shared.number += number
                pairs.append((number, shared))
            pairs.clear()
            {str(number): number for number in range(50)}

    threads = [threading.Thread(target=work) for _ in range(options["--threads"])]
    for thread in threads:
        thread.start()
    waits = []
    end = time.perf_counter() + options["--seconds"]
    while time.perf_counter() < end:
        gc.collect()
        waits += [waited for reason, _, waited, _ in typhon.pauses()["log"][-1:] if reason == "collection"]
        time.sleep(0.002)
    running = False
    for thread in threads:
        thread.join()
    waits.sort()
    middle, late = waits[len(waits) // 2], waits[min(len(waits) * 99 // 100, len(waits) - 1)]
    print(
        f"time to stop {len(threads)} busy threads, {len(waits)} times: median {middle * 1e3:.3f} ms, "
        f"99 of 100 within {late * 1e3:.3f} ms, at most {waits[-1] * 1e3:.3f} ms"
    )


PARTS = {"pauses": pauses, "growth": growth, "stop": stop}


def main():
    options = {"--most": 10_000_000, "--threads": 16, "--seconds": 10}
    chosen = []
    words = iter(sys.argv[1:])
    for word in words:
        if word in options:
            options[word] = int(next(words, "") or sys.exit(f"{word} needs a number"))
        elif word in PARTS:
            chosen.append(word)
        else:
            sys.exit(__doc__)
    for name in chosen or PARTS:
        PARTS[name](options)


if __name__ == "__main__":
    main()
