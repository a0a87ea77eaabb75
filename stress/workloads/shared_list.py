"""Shared writes to one list: append, item assignment and pop from all threads; nothing may get lost or appear twice."""

from support import barrier_start, check, share, workload


def run(options, threads):
    shared = []
    counts = [0] * 16

    def work(index):
        taken = []
        for step in share(options.size, threads, index):
            shared.append(step)
            counts[index % 16] = step
            if step % 4 == 3:
                taken.append(shared.pop())
            shared[0]
        return taken

    taken = [step for steps in barrier_start(threads, work) for step in steps]
    check(len(shared) + len(taken) == options.size, len(shared), len(taken))
    check(sorted(shared + taken) == list(range(options.size)), "lost or doubled items")
    return [f"items: {options.size}"]


if __name__ == "__main__":
    workload("shared_list", "One list that all write.", run, 1_000_000, "items of all threads together")
