"""All ways to place N queens on a board of N x N, over a thread pool: one task per placement in the first two rows."""

from concurrent.futures import ThreadPoolExecutor

from common import checksum, main


def count(full, columns, left, right):
    """Completions of a board whose taken columns and diagonals are the bits of the three masks."""
    if columns == full:
        return 1
    found = 0
    free = full & ~(columns | left | right)
    while free:
        queen = free & -free
        free ^= queen
        found += count(full, columns | queen, (left | queen) << 1, (right | queen) >> 1)
    return found


def solve(task):
    size, first, second = task
    full = (1 << size) - 1
    a, b = 1 << first, 1 << second
    columns = a | b
    left = ((a << 1) | b) << 1
    right = ((a >> 1) | b) >> 1
    return count(full, columns, left, right)


def run(options, threads):
    size = options.size
    tasks = [
        (size, first, second)
        for first in range(size)
        for second in range(size)
        if abs(first - second) > 1
    ]
    if size == 1:
        return ["board: 1 x 1", "solutions: 1", f"checksum: {checksum([1])}"]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        counts = list(pool.map(solve, tasks))
    by_column = [0] * size
    for (_, first, _), found in zip(tasks, counts):
        by_column[first] += found
    return [
        f"board: {size} x {size}",
        f"solutions: {sum(counts)}",
        f"by column of the first queen: {by_column}",
        f"checksum: {checksum(counts)}",
    ]


if __name__ == "__main__":
    main("queens", "Count the solutions of the N queens puzzle.", run, size=13, size_help="side of the board")
