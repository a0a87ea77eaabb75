"""Plain data written out and read back: pickle, json, struct; copied whole by `copy`."""

import copy
import json
import pickle
import struct

from best import report


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)


def make(n):
    return {
        "name": f"record {n}",
        "tags": ["red", "green", f"tag{n % 7}"],
        "position": (n, n * 0.5),
        "sizes": {f"size{i}": i * n for i in range(4)},
        "points": [Point(n, i) for i in range(2)],
        "seen": None,
        "valid": n % 3 == 0,
    }


def records():
    rows = [make(n) for n in range(150)]
    total = 0
    for protocol in 2, 4, 5, 5, 5, 5:
        data = pickle.dumps(rows, protocol)
        total += len(data) + (pickle.loads(data) == rows)
    for row in rows:
        total += copy.deepcopy(row) == row
        total += len(copy.copy(row))
    slow = pickle._dumps(rows[:60])
    total += pickle._loads(slow) == rows[:60]
    plain = [{k: v for k, v in row.items() if k != "points"} for row in rows]
    text = json.dumps(plain)
    total += len(json.loads(text)) + len(text)
    for i in range(9_000):
        a, b = struct.unpack("<If", struct.pack("<If", i, 1.5))
        total += a
    return total


report(records)
