"""Bytes that one object costs, its slot in a list included: `bytes KIND N`, from the resident memory (Linux).

Only memory that the process wrote itself counts. Pages of the interpreter's own file come and go as other code of it runs, some
hundred kilobytes of them, and the short figure of `/proc/self/statm` is a sum that each processor brings up to date
when it has enough to add.
"""

N = 1_000_000


class Three:
    def __init__(self, a, b, c):
        self.a = a
        self.b = b
        self.c = c


def resident():
    with open("/proc/self/smaps_rollup") as file:
        for line in file:
            name, value, *_ = line.split()
            if name == "Anonymous:":
                return int(value) * 1024
    raise OSError("no figure for anonymous memory")


def measure(name, fill):
    # The lists are there before: how one would grow, and what growing leaves behind, is not the objects' cost. Nor is what a
    # process needs once to have so many, its collector above all: the second million is measured.
    first, kept = [None] * N, [None] * N
    resident()
    fill(first)
    before = resident()
    fill(kept)
    print(f"bytes {name} {(resident() - before) / N + 8:.1f}")


def ints(kept):
    for i in range(len(kept)):
        kept[i] = i + 1000


def floats(kept):
    for i in range(len(kept)):
        kept[i] = i / 16


def instances(kept):
    for i in range(len(kept)):
        kept[i] = Three(i, i, None)


def tuples(kept):
    for i in range(len(kept)):
        kept[i] = (i, i)


def lists(kept):
    for i in range(len(kept)):
        kept[i] = [i]


def dicts(kept):
    for i in range(len(kept)):
        kept[i] = {"k": i}


def strings(kept):
    for i in range(len(kept)):
        kept[i] = f"{i:08}"


def closures(kept):
    for i in range(len(kept)):
        kept[i] = lambda i=i: i


KINDS = {
    "int": ints,
    "float": floats,
    "instance": instances,
    "tuple2": tuples,
    "list1": lists,
    "dict1": dicts,
    "str8": strings,
    "closure": closures,
}

if __name__ == "__main__":
    import sys

    # One kind a process: what the allocator keeps from the kind before would spoil the figure.
    if len(sys.argv) > 1:
        measure(sys.argv[1], KINDS[sys.argv[1]])
    else:
        print(" ".join(KINDS))
