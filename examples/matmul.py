"""Product of two square matrices of ints and of floats, held as lists of lists; rows or blocks of rows go to the threads."""

from common import checksum, main, map_in_threads

# So many rows go to a thread at once where one takes some microseconds.
BLOCK = 15


def matrix_row(size, seed):
    row = []
    state = seed
    for _ in range(size):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        row.append(state >> 16 & 0xFF)
    return row


def in_blocks(threads, function, rows):
    """`[function(row) for row in rows]`, shared out among the threads by blocks."""
    blocks = [rows[i : i + BLOCK] for i in range(0, len(rows), BLOCK)]
    done = map_in_threads(threads, lambda block: [function(row) for row in block], blocks)
    return [row for block in done for row in block]


def multiply_row(row, columns):
    result = []
    for column in columns:
        total = 0
        for a, b in zip(row, column):
            total += a * b
        result.append(total)
    return result


def product(left, right, threads):
    columns = list(zip(*right))
    return map_in_threads(threads, lambda row: multiply_row(row, columns), left)


def divided(row, by):
    return [number / by for number in row]


def agree(row, other):
    return all(a == 8 * b for a, b in zip(row, other))


def run(options, threads):
    size = options.size
    rows = in_blocks(threads, lambda seed: matrix_row(size, seed), range(2 * size))
    left, right = rows[:size], rows[size:]
    whole = product(left, right, threads)
    jobs = [(row, 2) for row in left] + [(row, 4) for row in right]
    rows = in_blocks(threads, lambda job: divided(*job), jobs)
    halves = product(rows[:size], rows[size:], threads)
    trace = sum(whole[i][i] for i in range(size))
    same = all(in_blocks(threads, lambda pair: agree(*pair), list(zip(whole, halves))))
    return [
        f"matrices: {size} x {size}",
        f"trace: {trace}, as floats {sum(halves[i][i] for i in range(size))}",
        f"floats agree: {same}",
        f"checksum: {checksum(sum(row) for row in whole)}",
    ]


if __name__ == "__main__":
    main("matmul", "Multiply two matrices.", run, size=360, size_help="side of the matrices")
