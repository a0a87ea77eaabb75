"""Dictionaries with str keys: get, set, in, update of counts."""

from best import report

KEYS = [f"key{i % 1000}" for i in range(5_000)]


def dicts():
    counts = {}
    for _ in range(30):
        for key in KEYS:
            if key in counts:
                counts[key] += 1
            else:
                counts[key] = 1
    total = 0
    for _ in range(30):
        for key in KEYS:
            total += counts[key]
    return total, len(counts), counts.get("key7", 0)


report(dicts)
