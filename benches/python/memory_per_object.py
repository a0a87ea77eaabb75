"""Bytes that one object costs, its slot in a list included: `bytes KIND N`, from the resident memory (Linux)."""

N = 1_000_000


class Three:
    def __init__(self, a, b, c):
        self.a = a
        self.b = b
        self.c = c


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def measure(name, make):
    make(1000)
    before = resident()
    kept = make(N)
    print(f"bytes {name} {(resident() - before) / len(kept):.1f}")


KINDS = {
    "int": lambda n: [i + 1000 for i in range(n)],
    "float": lambda n: [i / 16 for i in range(n)],
    "instance": lambda n: [Three(i, i, None) for i in range(n)],
    "tuple2": lambda n: [(i, i) for i in range(n)],
    "list1": lambda n: [[i] for i in range(n)],
    "dict1": lambda n: [{"k": i} for i in range(n // 4)],
    "str8": lambda n: [f"{i:08}" for i in range(n)],
    "closure": lambda n: [lambda i=i: i for i in range(n // 4)],
}

if __name__ == "__main__":
    import sys

    # One kind a process: what the allocator keeps from the kind before would spoil the figure.
    if len(sys.argv) > 1:
        measure(sys.argv[1], KINDS[sys.argv[1]])
    else:
        print(" ".join(KINDS))
