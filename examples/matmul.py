"""Product of two square matrices of ints and of floats, held as lists of lists; blocks of rows go to the threads."""

from common import WorkList, checksum, in_threads, main


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
    result = [None] * len(left)
    work = WorkList(enumerate(left))

    def multiply(_index):
        for index, row in work:
            result[index] = multiply_row(row, columns)

    in_threads(threads, multiply)
    return result


def run(options, threads):
    size = options.size
    left, right = matrix(size, 1), matrix(size, 2)
    whole = product(left, right, threads)
    halves = product([[a / 2 for a in row] for row in left], [[b / 4 for b in row] for row in right], threads)
    trace = sum(whole[i][i] for i in range(size))
    same = all(a == 8 * b for row, other in zip(whole, halves) for a, b in zip(row, other))
    return [
        f"matrices: {size} x {size}",
        f"trace: {trace}, as floats {sum(halves[i][i] for i in range(size))}",
        f"floats agree: {same}",
        f"checksum: {checksum(sum(row) for row in whole)}",
    ]


if __name__ == "__main__":
    main("matmul", "Multiply two matrices.", run, size=240, size_help="side of the matrices")
