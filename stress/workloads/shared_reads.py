"""Shared reads: all threads read the same dict, list, tuple, instance and globals, and nobody writes."""

from support import check, in_threads, share, workload


class Settings:
    factor = 3

    def __init__(self):
        self.offset = 7

    def apply(self, value):
        return value * self.factor + self.offset


TABLE = {f"key{n}": n for n in range(1000)}
NAMES = list(TABLE)
PAIRS = tuple(zip(NAMES, range(1000)))
SETTINGS = Settings()


def run(options, threads):
    def work(index):
        total = 0
        for step in share(options.size, threads, index):
            name = NAMES[step % 1000]
            pair = PAIRS[step % 1000]
            check(pair[0] is name, name)
            total += SETTINGS.apply(TABLE[name]) + pair[1]
        expected = sum(((step % 1000) * 3 + 7) + step % 1000 for step in share(options.size, threads, index))
        check(total == expected, total, expected)
        return total

    total = sum(in_threads(threads, work))
    return [f"total: {total}"]


if __name__ == "__main__":
    workload("shared_reads", "Reading what all share.", run, 2_000_000, "reads of all threads together")
