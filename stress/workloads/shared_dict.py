"""Shared writes to one dict: setdefault, item assignment, pop, update from all threads; keys are kept exactly once."""

from support import barrier_start, check, mixed, share, workload

COMMON = 64


def run(options, threads):
    shared = {}

    def work(index):
        firsts = 0
        for step in share(options.size, threads, index):
            mine = [index, step]
            # Exactly one thread gets its own list back for each of the common keys.
            firsts += shared.setdefault(mixed(options, step) % COMMON, mine) is mine
            shared["own", step] = step
            if step % 2:
                check(shared.pop(("own", step)) == step, "lost item", step)
            else:
                shared.update({("own", step): -step})
            step in shared
        return firsts

    firsts = sum(barrier_start(threads, work))
    check(firsts == COMMON, "setdefault gave several threads the same key", firsts)
    own = {key[1]: value for key, value in shared.items() if isinstance(key, tuple)}
    check(own == {step: -step for step in range(0, options.size, 2)}, "lost or wrong items", len(own))
    return [f"items: {len(shared)}"]


if __name__ == "__main__":
    workload("shared_dict", "One dict that all write.", run, 150_000, "items of all threads together")
