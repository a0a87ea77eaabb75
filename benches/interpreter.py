"""The other half of `benches/interpreter.rs`: statements, each in a loop of its own.

Without arguments prints the names, group and statement, then reads lines "name loops" and answers each with the
nanoseconds that so many rounds of the statement took.
"""

import sys
import time

# Statements in one round of a loop, so that the loop itself weighs little; the group `loop` measures that.
COPIES = 10

SETUP = """
class Base:
    shared = 1
    def method(self): return 1
    def with_three(self, a, b, c): return a
    @property
    def computed(self): return 1
    @staticmethod
    def static(): return 1

class Plain(Base):
    def __init__(self):
        self.value = 1

class Slotted:
    __slots__ = ("value",)

def nothing(): pass
def three(a, b, c): return a
def defaults(a, b=2, *, c=3): return a
def star(*args): return args

some_global = 1
plain = Plain()
slotted = Slotted()
slotted.value = 1
numbers = list(range(100))
pair = (1, 2)
text = "some text"
table = {"key": 1, 2: "two"}
names = [str(i) for i in range(100)]
"""

# group: {name: statement}; the names of SETUP are locals but for `some_global`.
STATEMENTS = {
    "attribute": {
        "instance": "plain.value",
        "instance, set": "plain.value = 1",
        "slot": "slotted.value",
        "class": "plain.shared",
        "property": "plain.computed",
        "global": "some_global",
    },
    "item": {
        "list": "numbers[50]",
        "list, set": "numbers[50] = 1",
        "tuple": "pair[1]",
        "str": "text[3]",
        "dict": "table['key']",
        "dict, set": "table['key'] = 1",
        "in dict": "2 in table",
        "slice": "numbers[10:20]",
    },
    "call": {
        "function": "nothing()",
        "three arguments": "three(1, 2, 3)",
        "defaults": "defaults(1, c=4)",
        "star": "star(1, 2)",
        "method": "plain.method()",
        "method, three arguments": "plain.with_three(1, 2, 3)",
        "static method": "plain.static()",
        "builtin": "len(numbers)",
        "instance": "Plain()",
    },
}

# Whole loops; {n} is the number of rounds.
LOOPS = {
    "range": "for i in range({n}): pass",
    "while": "i = 0\n    while i < {n}: i += 1",
    "list": "for i in numbers * ({n} // 100 + 1): pass",
    "comprehension": "[i for i in range({n})]",
    "generator": "for i in (i for i in range({n})): pass",
    "enumerate": "for i, x in enumerate(range({n})): pass",
}

LOCALS = "Base, Plain, nothing, three, defaults, star, plain, slotted, numbers, pair, text, table, names"


def compiled(name):
    """A function of the number of rounds."""
    group, _, statement = name.partition("/")
    if group == "loop":
        work, per_round = LOOPS[statement].replace("{n}", "n"), 1
    else:
        copies = f"\n        ".join([STATEMENTS[group][statement]] * COPIES)
        work, per_round = f"for _ in range(n):\n        {copies}", COPIES
    space = {}
    exec(SETUP, space)
    exec(
        f"def run(n, clock, {LOCALS}):\n    start = clock()\n    {work}\n    return clock() - start",
        space,
    )
    arguments = [space[word.strip()] for word in LOCALS.split(",")]

    def timed(loops):
        spent = space["run"](max(loops // per_round, 1), time.perf_counter_ns, *arguments)
        return spent * loops // (max(loops // per_round, 1) * per_round)

    timed(1000 * per_round)
    return timed


def main():
    for group, statements in [*STATEMENTS.items(), ("loop", LOOPS)]:
        for statement in statements:
            print(f"{group}/{statement}")
    print(flush=True)
    known = {}
    for line in sys.stdin:
        name, loops = line.rstrip("\n").rsplit("\t", 1)
        if name not in known:
            known[name] = compiled(name)
        print(known[name](int(loops)), flush=True)


if __name__ == "__main__":
    main()
