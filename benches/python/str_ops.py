"""str.join, f-strings, split, replace, upper."""

from best import report


def strings():
    length = 0
    for i in range(30_000):
        text = f"item {i}: {i * 2:>8} {'x' if i % 2 else 'y'}"
        parts = text.split(" ")
        joined = "-".join(parts)
        length += len(joined.replace("item", "i").upper())
    whole = ",".join([str(i) for i in range(50_000)])
    return length, len(whole)


report(strings)
