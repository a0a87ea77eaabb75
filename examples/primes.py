"""Primes below a limit by a segmented sieve; the segments go to the threads as they become free."""

from math import isqrt

from common import WorkList, checksum, in_threads, main

SEGMENT = 1 << 15


def small_primes(limit):
    sieve = bytearray([1]) * (limit + 1)
    for n in range(2, isqrt(limit) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, limit + 1, n)))
    return [n for n in range(2, limit + 1) if sieve[n]]


def sieve_segment(low, high, base):
    """Count, sum, twins and last digits of the primes in low <= p < high."""
    size = high - low
    sieve = bytearray([1]) * size
    for p in base:
        square = p * p
        if square >= high:
            break
        start = square - low if square >= low else -low % p
        sieve[start::p] = bytes((size - start + p - 1) // p if start < size else 0)
    if low == 0:
        sieve[0] = sieve[1] = 0
    found = 0
    total = 0
    last = -10
    twins = 0
    first = 0
    digits = [0] * 10
    position = sieve.find(1)
    while position >= 0:
        n = low + position
        found += 1
        total += n
        digits[n % 10] += 1
        if n - last == 2:
            twins += 1
        elif found == 1:
            first = n
        last = n
        position = sieve.find(1, position + 1)
    return found, total, twins, digits, first, last


def run(options, threads):
    limit = options.size
    base = small_primes(isqrt(limit) + 1)
    starts = list(range(0, limit, SEGMENT))
    results = [None] * len(starts)
    work = WorkList(enumerate(starts))

    def sieve(_index):
        for index, low in work:
            results[index] = sieve_segment(low, min(low + SEGMENT, limit), base)

    in_threads(threads, sieve)
    count = sum(part[0] for part in results)
    total = sum(part[1] for part in results)
    digits = [sum(column) for column in zip(*(part[3] for part in results))]
    # Twins on both sides of a border between segments.
    twins = sum(part[2] for part in results)
    last = -10
    for part in results:
        if part[0]:
            twins += part[4] - last == 2
            last = part[5]
    return [
        f"primes below {limit}: {count}",
        f"sum: {total}",
        f"twins: {twins}",
        f"last digits: {digits}",
        f"checksum: {checksum([count, total, twins, digits, last])}",
    ]


if __name__ == "__main__":
    main("primes", "Sieve the primes below a limit.", run, size=60_000_000, size_help="the limit")
