"""An ensemble of planetary systems, each stepped on its own: objects with attributes, and float arithmetic."""

from math import sqrt

from common import WorkList, checksum, in_threads, main

STEPS = 250
DT = 0.01


class Body:
    def __init__(self, mass, x, y, z, vx, vy, vz):
        self.mass = mass
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx
        self.vy = vy
        self.vz = vz


def system(seed):
    """A sun and four planets, placed by a small generator of numbers."""
    bodies = [Body(40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)]
    state = seed * 2654435761 + 1
    for n in range(1, 5):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        tilt = state / 0x7FFFFFFF - 0.5
        radius = n * 3.0 + tilt
        speed = sqrt(40.0 / radius)
        bodies.append(Body(0.01 * n, radius, 0.0, tilt, 0.0, speed, 0.1 * tilt))
    return bodies


def advance(pairs, bodies):
    for a, b in pairs:
        dx = a.x - b.x
        dy = a.y - b.y
        dz = a.z - b.z
        square = dx * dx + dy * dy + dz * dz
        pull = DT / (square * sqrt(square))
        mass = b.mass * pull
        a.vx -= dx * mass
        a.vy -= dy * mass
        a.vz -= dz * mass
        mass = a.mass * pull
        b.vx += dx * mass
        b.vy += dy * mass
        b.vz += dz * mass
    for body in bodies:
        body.x += DT * body.vx
        body.y += DT * body.vy
        body.z += DT * body.vz


def energy(bodies):
    total = 0.0
    for i, a in enumerate(bodies):
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for b in bodies[i + 1 :]:
            dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            total -= a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total


def simulate(seed):
    bodies = system(seed)
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]
    before = energy(bodies)
    for _ in range(STEPS):
        advance(pairs, bodies)
    return before, energy(bodies)


def run(options, threads):
    results = [None] * options.size
    work = WorkList(range(options.size))

    def simulate_some(_index):
        for seed in work:
            results[seed] = simulate(seed)

    in_threads(threads, simulate_some)
    drift = max(abs(after - before) for before, after in results)
    return [
        f"systems: {options.size}, steps {STEPS}",
        f"first energy: {results[0][1]!r}",
        f"largest drift: {drift!r}",
        f"checksum: {checksum(after for _, after in results)}",
    ]


if __name__ == "__main__":
    main("nbody", "Simulate an ensemble of planetary systems.", run, size=1000, size_help="number of systems")
