"""Independent compute: float arithmetic and `math`; nothing is shared but the code."""

import math

from support import check, checksum, in_parts, workload

PARTS = 256


def part(number, steps):
    """The integral of sin over [0, pi] by the midpoint rule, on a grid shifted a little by `number`."""
    width = math.pi / steps
    sin = math.sin
    total = 0.0
    x = width * 0.5
    for _ in range(steps):
        total += sin(x) * width
        x += width
    return total * (number + 1)


def run(options, threads):
    steps = options.size // PARTS

    parts = in_parts(threads, PARTS, lambda number: part(number, steps))
    for number, value in enumerate(parts):
        check(abs(value / (number + 1) - 2.0) < 1e-5, number, value)
    return [f"checksum: {checksum(round(value, 5) for value in parts)}"]


if __name__ == "__main__":
    workload("compute_float", "Independent float arithmetic.", run, 12_000_000, "steps of all threads together")
