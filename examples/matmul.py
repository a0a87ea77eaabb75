"""Product of two square matrices of ints and of floats, held as lists of lists; blocks of rows go to the threads."""

from common import checksum, main, map_in_threads


def matrix(size, seed):
    rows = []
    state = seed
    for _ in range(size):
        row = []
        for _ in range(size):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            row.append(state >> 16 & 0xFF)
        rows.append(row)
    return rows


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


def divided(rows, by):
    return [[number / by for number in row] for row in rows]


def agree(row, other):
    return all(a == 8 * b for a, b in zip(row, other))


def run(options, threads):
    size = options.size
    left, right = map_in_threads(threads, lambda seed: matrix(size, seed), (1, 2))
    whole = product(left, right, threads)
    half_left, half_right = map_in_threads(threads, lambda job: divided(*job), ((left, 2), (right, 4)))
    halves = product(half_left, half_right, threads)
    trace = sum(whole[i][i] for i in range(size))
    same = all(map_in_threads(threads, lambda rows: agree(*rows), zip(whole, halves)))
    return [
        f"matrices: {size} x {size}",
        f"trace: {trace}, as floats {sum(halves[i][i] for i in range(size))}",
        f"floats agree: {same}",
        f"checksum: {checksum(sum(row) for row in whole)}",
    ]


if __name__ == "__main__":
    main("matmul", "Multiply two matrices.", run, size=360, size_help="side of the matrices")
