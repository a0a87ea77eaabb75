# What uses up a generator does so too while somebody watches the program.
import sys

seen = []


def watch(frame, event, arg):
    if frame.f_code.co_filename == __file__:
        seen.append(event)
    return watch


def uses():
    def squares(n):
        for i in range(n):
            yield i * i

    def both(n):
        yield from squares(n)
        yield from squares(n)

    d = {}
    d.update((k, len(k)) for k in ["a", "bb"])
    return [
        list(squares(5)),
        sum(squares(5)),
        "".join(str(x) for x in squares(5)),
        b",".join(b"x" * x for x in squares(3)),
        any(x > 8 for x in squares(5)),
        all(x < 8 for x in squares(5)),
        max(squares(5)),
        sorted(-x for x in squares(5)),
        tuple(both(3)),
        set(both(2)),
        dict((x, x) for x in squares(3)),
        d,
        bytes(x for x in squares(4)),
        [*squares(3), *both(2)],
        list(zip(squares(3), both(2))),
    ]


plain = uses()
for install in [sys.settrace, sys.setprofile]:
    del seen[:]
    install(watch)
    watched = uses()
    install(None)
    print(watched == plain, "return" in seen, len(seen) > 50)
print(plain)
