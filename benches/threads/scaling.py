"""What two threads that share an object reach of two processes that share nothing, operation by operation.

Usage: scaling.py [--runs N] [--peer PYTHON]... [--least FRACTION] [KIND...]

Three servers of each Python (this one, and those named with --peer) hold the same objects. In each round one of them works
on one thread, then on two, and then two of them work on one thread each; all threads do the same number of operations,
about a tenth of a second's. Printed are medians over the rounds: nanoseconds for each operation on one thread, how many
times the throughput of one thread two threads and two processes have, and two threads as a fraction of two processes
(median and range of the rounds' ratios). Those that write to one object are compared with one thread, which is all that
one lock allows. The second fraction is by processor time, which leaves out what other programs took.

--least FRACTION: exits with 1 if the median of one of this Python's fractions is below it.
Run it on an idle machine with at least two cores.
"""

import enum
import functools
import statistics
import subprocess
import sys
import threading
import time

SECONDS = 0.1


class Point:
    scale = 3

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def norm(self):
        return self.x


class Part:
    pass


class Color(enum.Enum):
    RED = 1
    GREEN = 2


POINT = Point(1.5, 2.5, 3.5)
ITEMS = [str(n) for n in range(64)]
TABLE = {f"key{n}": str(n) for n in range(64)}
NAMES = list(TABLE)
CONFIG = Part()
CONFIG.server = Part()
CONFIG.server.limits = {"size": [10, 20, 30]}
TEXT = "a shared text"


@functools.lru_cache(maxsize=None)
def cached(n):
    return str(n)


def counter():
    count = ["here"]

    def inner():
        return count

    return inner


INNER = counter()


def attribute(n):
    point = POINT
    for _ in range(n):
        point.x
        point.y


def method(n):
    point = POINT
    for _ in range(n):
        point.norm()


def list_item(n):
    items = ITEMS
    for i in range(n):
        items[i & 63]


def dict_item(n):
    table = TABLE
    names = NAMES
    for i in range(n):
        table[names[i & 63]]


def nested(n):
    for _ in range(n):
        CONFIG.server.limits["size"][1]


def closure(n):
    inner = INNER
    for _ in range(n):
        inner()


def global_name(n):
    for _ in range(n):
        TEXT


def lru_hit(n):
    for i in range(n):
        cached(i & 63)


def enum_member(n):
    for _ in range(n):
        Color.RED is Color.GREEN


def class_attribute(n):
    for _ in range(n):
        Point.scale
        POINT.scale


def new_instance(n):
    for i in range(n):
        Point(i, i, i)


def new_container(n):
    for i in range(n):
        [i, (i, None), {"a": i}]


def new_closure(n):
    for _ in range(n):
        counter()


def new_exception(n):
    for i in range(n):
        try:
            raise ValueError(i)
        except ValueError:
            pass


def list_append(n):
    append = SHARED.append
    for i in range(n):
        append(i)


def dict_set(n):
    table = SHARED
    for i in range(n):
        table[i & 1023] = i


READS = {f.__name__: f for f in (attribute, method, list_item, dict_item, nested, closure, global_name, lru_hit, enum_member)}
READS["class_attribute"] = class_attribute
MAKES = {f.__name__: f for f in (new_instance, new_container, new_closure, new_exception)}
WRITES = {"list_append": (list_append, list), "dict_set": (dict_set, dict)}
KINDS = [*READS, *MAKES, *WRITES]


def measure(kind, threads, n):
    """Wall and processor seconds, from the common start to the last end."""
    global SHARED
    if kind in WRITES:
        work, new = WRITES[kind]
        SHARED = new()
    else:
        work = READS.get(kind) or MAKES[kind]
    barrier = threading.Barrier(threads)
    spans = []

    def body():
        barrier.wait()
        start = time.perf_counter()
        used = time.thread_time()
        work(n)
        spans.append((start, time.perf_counter(), time.thread_time() - used))

    started = [threading.Thread(target=body) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return max(end for _, end, _ in spans) - min(start for start, _, _ in spans), sum(used for _, _, used in spans)


def serve():
    for line in sys.stdin:
        kind, threads, n = line.split()
        print(*measure(kind, int(threads), int(n)), flush=True)


class Servers:
    """Three processes of one Python."""

    def __init__(self, python):
        self.python = python
        command = [python, __file__, "--serve"]
        pipe = subprocess.PIPE
        self.all = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) for _ in range(3)]

    def ask(self, servers, kind, threads, n):
        for server in servers:
            server.stdin.write(f"{kind} {threads} {n}\n")
        times = []
        for server in servers:
            answer = server.stdout.readline().split()
            if len(answer) != 2:
                sys.exit(f"scaling.py: {self.python} failed at {kind}")
            times.append(tuple(map(float, answer)))
        return max(wall for wall, _ in times), sum(used for _, used in times)

    def fitting(self, kind):
        """So many operations that a thread is busy for a tenth of a second."""
        n = 1000
        while True:
            wall, _ = self.ask(self.all[:1], kind, 1, n)
            if wall > SECONDS / 2:
                return max(1, round(n * SECONDS / wall))
            n *= 4

    def round(self, kind, n, turned):
        """Of one thread, two threads and two processes."""
        steps = [
            lambda: self.ask(self.all[:1], kind, 1, n),
            lambda: self.ask(self.all[:1], kind, 2, n),
            lambda: self.ask(self.all[1:], kind, 1, n),
        ]
        order = range(3) if not turned else range(2, -1, -1)
        results = {step: steps[step]() for step in order}
        return results[0], results[1], results[2]

    def end(self):
        for server in self.all:
            server.stdin.close()
            server.wait()


def fractions(kind, rounds):
    """Two threads beside what they are compared with: by the clock, and by processor time."""
    clock, used = [], []
    for one, threads, processes in rounds:
        if kind in WRITES:
            clock.append(2 * one[0] / threads[0])
            used.append(2 * one[1] / threads[1])
        else:
            clock.append(processes[0] / threads[0])
            used.append(processes[1] / threads[1])
    return clock, used


def main(arguments):
    runs, peers, least, kinds = 5, [], None, []
    while arguments:
        word = arguments.pop(0)
        if word in ("-h", "--help"):
            print(__doc__)
            return 0
        if word in ("--runs", "--peer", "--least"):
            if not arguments:
                sys.exit(f"scaling.py: {word} needs a value")
            value = arguments.pop(0)
            if word == "--runs":
                runs = int(value)
            elif word == "--peer":
                peers.append(value)
            else:
                least = float(value)
        elif word in KINDS:
            kinds.append(word)
        else:
            sys.exit(f"scaling.py: unknown kind {word!r}; there are {', '.join(KINDS)}")
    pythons = [Servers(python) for python in (sys.executable, *peers)]
    for number, servers in enumerate(pythons):
        print(f"{'this Python' if number == 0 else 'peer'}: {servers.python}")
    print(f"\n{'kind':<16}{'ns':>8}{'2 threads':>11}{'2 processes':>13}   fraction (least..largest)   by processor time")
    below = []
    for kind in kinds or KINDS:
        sizes = [servers.fitting(kind) for servers in pythons]
        rounds = [[] for _ in pythons]
        for turn in range(runs):
            for servers, n, row in zip(pythons, sizes, rounds):
                row.append(servers.round(kind, n, turn % 2))
        for number, (n, row) in enumerate(zip(sizes, rounds)):
            one = statistics.median(r[0][0] for r in row)
            threads = statistics.median(2 * r[0][0] / r[1][0] for r in row)
            processes = statistics.median(2 * r[0][0] / r[2][0] for r in row)
            clock, used = fractions(kind, row)
            fraction = statistics.median(clock)
            of = "of one thread" if kind in WRITES else ""
            print(
                f"{kind if number == 0 else '  peer':<16}{one / n * 1e9:>8.1f}{threads:>11.2f}{processes:>13.2f}"
                f"   {fraction:.2f} ({min(clock):.2f}..{max(clock):.2f}){'':<12}{statistics.median(used):.2f} {of}",
                flush=True,
            )
            if number == 0 and least is not None and fraction < least:
                below.append(kind)
    for servers in pythons:
        servers.end()
    if below:
        print(f"\nbelow {least}: {', '.join(below)}")
    return 1 if below else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(main(sys.argv[1:]))
