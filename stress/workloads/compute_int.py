"""Independent compute: int arithmetic, small and large; nothing is shared but the code."""

from support import check, checksum, in_parts, mixed, workload

PARTS = 256
MASK = (1 << 64) - 1


def part(number, steps, seed):
    x = (number * 65521 + seed) * 0x9E3779B97F4A7C15 + 1 & MASK
    total = 0
    for _ in range(steps):
        x ^= x << 13 & MASK
        x ^= x >> 7
        x ^= x << 17 & MASK
        total += x & 1023
    return total


def run(options, threads):
    steps = options.size // PARTS

    totals = in_parts(threads, PARTS, lambda number: part(number, steps, mixed(options, 0)))
    check(len(totals) == PARTS and totals[0] == part(0, steps, mixed(options, 0)), "another result the second time")
    return [f"checksum: {checksum(totals)}"]


if __name__ == "__main__":
    workload("compute_int", "Independent int arithmetic.", run, 1_500_000, "steps of all threads together")
