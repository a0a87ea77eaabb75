"""Objects made and dropped: tuples, lists, instances, closures."""

from best import report


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def churn():
    kept = []
    for i in range(200_000):
        pair = (i, i + 1)
        point = Point(pair[0], pair[1])
        cells = [point, pair]
        if i % 100 == 0:
            kept.append(cells)
    return len(kept), kept[-1][0].y


report(churn)
