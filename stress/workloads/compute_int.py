"""Independent compute: int arithmetic, small and large; nothing is shared but the code."""

from support import check, checksum, in_threads, share, workload

PARTS = 64
MASK = (1 << 64) - 1


def part(number, steps):
    x = number * 0x9E3779B97F4A7C15 + 1 & MASK
    total = 0
    for _ in range(steps):
        x ^= x << 13 & MASK
        x ^= x >> 7
        x ^= x << 17 & MASK
        total += x & 1023
    return total


def run(options, threads):
    steps = options.size // PARTS

    def work(index):
        return [part(number, steps) for number in share(PARTS, threads, index)]

    totals = [total for totals in in_threads(threads, work) for total in totals]
    check(len(totals) == PARTS and totals[0] == part(0, steps), "another result the second time")
    return [f"checksum: {checksum(totals)}"]


if __name__ == "__main__":
    workload("compute_int", "Independent int arithmetic.", run, 1_500_000, "steps of all threads together")
