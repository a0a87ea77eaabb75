"""One generator, two threads: it refuses to be resumed while it runs, and gives each number once."""

from support import litmus


def numbers():
    n = 0
    while True:
        yield n
        n += 1


def draw(state):
    drawn = []
    for _ in range(4):
        try:
            drawn.append(next(state))
        except ValueError:
            drawn.append(None)
    return drawn


def outcome(state, given):
    drawn = [n for numbers in given for n in numbers if n is not None]
    if sorted(drawn) != list(range(len(drawn))):
        return "a number twice or never"
    return "all drawn" if len(drawn) == 8 else "ValueError: already executing"


litmus(
    "two threads: next(generator)",
    make=numbers,
    bodies=[draw, draw],
    outcome=outcome,
    never=["a number twice or never"],
)
