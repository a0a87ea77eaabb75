"""Classes whose instances' attributes are read and written all the time."""

from best import report


class Particle:
    def __init__(self, x, v):
        self.x = x
        self.v = v
        self.hits = 0


class Box:
    width = 100

    def __init__(self):
        self.particles = [Particle(i, i % 7 - 3) for i in range(100)]
        self.steps = 0


def simulate():
    box = Box()
    for _ in range(1_500):
        for p in box.particles:
            p.x += p.v
            if p.x < 0 or p.x > box.width:
                p.v = -p.v
                p.hits += 1
        box.steps += 1
    return sum(p.hits for p in box.particles), box.steps


report(simulate)
