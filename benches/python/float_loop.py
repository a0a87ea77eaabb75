"""A loop of float arithmetic."""

from best import report


def loop():
    x = 0.5
    total = 0.0
    for _ in range(1_000_000):
        x = 3.7 * x * (1.0 - x)
        total = total + x * 0.5 - 0.1
    return total


report(loop)
