"""Sets: built from lists, added to, asked, combined."""

from best import report


def sets():
    found = 0
    numbers = list(range(2_000))
    words = [f"word{i % 500}" for i in range(2_000)]
    for _ in range(20):
        a = set(numbers)
        b = {n * 2 for n in numbers}
        found += len(a & b) + len(a | b) + len(a - b) + len(a ^ b)
        found += sum(n in b for n in numbers)
        seen = set()
        for word in words:
            if word not in seen:
                seen.add(word)
        found += len(seen) + (seen <= set(words))
    return found


report(sets)
