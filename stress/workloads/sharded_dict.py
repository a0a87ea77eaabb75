"""Shared writes, sharded: each key belongs to one of 64 dicts with a lock each, as one builds a concurrent map."""

import threading

from support import barrier_start, check, mixed, share, workload

SHARDS = 64
KEYS = 4096


def run(options, threads):
    shards = [({}, threading.Lock()) for _ in range(SHARDS)]

    def work(index):
        mine = {}
        for step in share(options.size, threads, index):
            key = mixed(options, step) % KEYS
            table, lock = shards[key % SHARDS]
            with lock:
                table[key] = table.get(key, 0) + 1
            # The same where nobody else writes.
            mine[key] = mine.get(key, 0) + 1
        return mine

    expected = {}
    for mine in barrier_start(threads, work):
        for key, n in mine.items():
            expected[key] = expected.get(key, 0) + n
    counted = {key: n for table, _ in shards for key, n in table.items()}
    check(counted == expected, "lost updates under a lock", options.size - sum(counted.values()))
    return [f"keys: {len(counted)}", f"updates: {sum(counted.values())}"]


if __name__ == "__main__":
    workload("sharded_dict", "A map of 64 locked dicts.", run, 600_000, "updates of all threads together")
