"""Parallel imports: all threads import the same fresh modules at once; each is executed exactly once."""

import importlib
import os
import shutil
import sys
import tempfile

from support import barrier_start, check, workload

SOURCE = """import runs_of_imports
from {other} import VALUE as OTHER
runs_of_imports.count.append({number})
class Thing:
    number = {number}
    def get(self):
        return self.number + OTHER
VALUE = sum(k for k in range(200)) + {number}
"""


def run(options, threads):
    folder = tempfile.mkdtemp(prefix="workload-imports-")
    names = [f"fresh_module_{number}" for number in range(options.size)]
    for number, name in enumerate(names):
        other = names[number - 1] if number else "runs_of_imports"
        with open(os.path.join(folder, name + ".py"), "w") as file:
            file.write(SOURCE.format(number=number, other=other))
    with open(os.path.join(folder, "runs_of_imports.py"), "w") as file:
        file.write("count = []\nVALUE = 0\n")
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    old, sys.dont_write_bytecode = sys.dont_write_bytecode, True

    def work(index):
        total = 0
        # Every thread begins somewhere else, so that they meet in the middle of each other's imports.
        for place in range(options.size):
            number = (place * 7 + index * 31) % options.size
            module = importlib.import_module(names[number])
            other = 19900 + number - 1 if number else 0
            check(module.VALUE == 19900 + number, "half a module", number)
            check(module.Thing().get() == number + other, "half a module", number)
            total += module.VALUE
        return total

    try:
        totals = barrier_start(threads, work)
        import runs_of_imports

        check(sorted(runs_of_imports.count) == list(range(options.size)), "modules were executed twice or never")
        check(len(set(totals)) == 1, totals)
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = old
        for name in [*names, "runs_of_imports"]:
            sys.modules.pop(name, None)
        shutil.rmtree(folder)
    return [f"modules: {options.size}", f"total: {totals[0]}"]


if __name__ == "__main__":
    workload("parallel_imports", "The same modules imported by all.", run, 101, "modules (not a multiple of 7)")
