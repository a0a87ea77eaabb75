"""What every example shares: the command line, the clock, the speedup, the shared work list.

An example calls `main(...)` with a function `run(options, threads)` that does the whole job on that many threads and
returns the lines of its result. Those lines depend on the input alone, never on the number of threads, so any two runs
may be compared byte by byte (`--no-times` prints nothing else).
"""

import os
import sys
import threading
import time

USAGE = """usage: {name}.py [options]

{about}

options:
  --threads N     threads that share the work (default: $TYPHON_THREADS, or 1)
  --size N        {size_help} (default: {size})
  --repeat R      run the job R times in this process (default: 1)
  --no-times      print only what depends on the input alone
  --no-baseline   do not run on one thread first to learn the speedup
  --memory        print the memory in use a moment after each run (resident memory on Linux only)
{extra}  -h, --help      this text
"""


class Options:
    """The options of one run; an example's own options appear as attributes too."""

    def __init__(self, size, extra):
        self.threads = None
        self.size = size
        self.repeat = 1
        self.times = True
        self.baseline = True
        self.memory = False
        for name, (default, _text) in extra.items():
            setattr(self, name, default)


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(2)


def positive(text, what):
    try:
        value = int(text)
    except ValueError:
        fail(f"{what} must be a whole number, not {text!r}")
    if value < 1:
        fail(f"{what} must be at least 1, not {value}")
    return value


def parse(argv, size, extra, usage):
    options = Options(size, extra)
    i = 0
    while i < len(argv):
        name, equals, value = argv[i].partition("=")
        i += 1
        if name in ("-h", "--help"):
            print(usage, end="")
            sys.exit(0)
        if name == "--no-times":
            options.times = False
        elif name == "--no-baseline":
            options.baseline = False
        elif name == "--memory":
            options.memory = True
        else:
            key = name[2:] if name.startswith("--") else ""
            if key not in ("threads", "size", "repeat") and key not in extra:
                fail(f"unknown option {name!r}; --help lists them")
            if not equals:
                if i == len(argv):
                    fail(f"{name} needs a value")
                value = argv[i]
                i += 1
            setattr(options, key, value if key in extra else positive(value, name))
    if options.threads is None:
        options.threads = positive(os.environ.get("TYPHON_THREADS") or "1", "TYPHON_THREADS")
    return options


# Allocators give memory back to the system some time after it was freed.
SETTLING_SECONDS = 1.0


def resident_kib():
    """Resident memory that this process wrote, in KiB, or None where /proc does not tell.

    Pages of files, the program's code for instance, come and go as the system and the runtime like.
    """
    try:
        with open("/proc/self/statm") as file:
            resident, of_files = map(int, file.read().split()[1:3])
            return (resident - of_files) * 4
    except OSError:
        return None


def meet(folder, count):
    """Waits until so many processes have come here: each leaves a file of its own in the folder."""
    open(os.path.join(folder, str(os.getpid())), "w").close()
    # Who never comes is not waited for.
    end = time.monotonic() + 60
    while len(os.listdir(folder)) < count and time.monotonic() < end:
        time.sleep(0.0002)


def main(name, about, run, size, size_help, extra=None, prepare=None):
    """Parse the command line, run the job, print its result, its time and its speedup.

    `prepare(options)` runs once, untimed: what is read or generated before the parallel job.
    `extra` maps the name of a further option to (default, help text).
    """
    extra = extra or {}
    lines = "".join(f"  --{key + ' X':<13} {text}\n" for key, (_, text) in extra.items())
    usage = USAGE.format(name=name, about=about, size=size, size_help=size_help, extra=lines)
    options = parse(sys.argv[1:], size, extra, usage)
    if prepare is not None:
        prepare(options)
    # Two processes that are measured together begin together, or one has the machine for itself for a while.
    if "STRESS_MEET" in os.environ:
        meet(os.environ["STRESS_MEET"], 2)

    single = None
    expected = None
    if options.times and options.baseline and options.threads > 1:
        start = time.perf_counter()
        expected = run(options, 1)
        single = time.perf_counter() - start

    for turn in range(options.repeat):
        start = time.perf_counter()
        result = run(options, options.threads)
        elapsed = time.perf_counter() - start
        if expected is None:
            expected = result
        elif result != expected:
            print(f"{name}: run {turn + 1} on {options.threads} threads differs:", file=sys.stderr)
            for old, new in zip(expected, result):
                if old != new:
                    print(f"  was {old}\n  now {new}", file=sys.stderr)
            sys.exit(1)
        if turn == 0:
            for line in result:
                print(line)
        if options.times:
            text = f"time: {elapsed:.3f} s on {options.threads} thread{'s' if options.threads > 1 else ''}"
            if single is not None:
                text += f", {single:.3f} s on 1: speedup {single / elapsed:.2f}"
            print(text)
        if options.memory:
            time.sleep(SETTLING_SECONDS)
            blocks = sys.getallocatedblocks() if hasattr(sys, "getallocatedblocks") else None
            print(f"memory after run {turn + 1}: {resident_kib()} KiB resident, {blocks} blocks allocated")
        sys.stdout.flush()


class WorkList:
    """Hands out the items of a list to threads, one at a time, each exactly once."""

    def __init__(self, items):
        self._items = list(items)
        self._next = 0
        self._lock = threading.Lock()

    def __iter__(self):
        while True:
            with self._lock:
                index = self._next
                if index == len(self._items):
                    return
                self._next = index + 1
            yield self._items[index]


def in_threads(count, work):
    """Call `work(0)` ... `work(count - 1)` at once, the first in the calling thread, and list what they return.

    An exception in one of them is raised here again once all have ended.
    """
    results = [None] * count
    errors = []

    def body(index):
        try:
            results[index] = work(index)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=body, args=(i,)) for i in range(1, count)]
    for thread in threads:
        thread.start()
    body(0)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def map_in_threads(count, function, items):
    """`[function(item) for item in items]`, shared out among `count` threads as they become free."""
    items = list(items)
    results = [None] * len(items)
    work = WorkList(enumerate(items))

    def some(_index):
        for index, item in work:
            results[index] = function(item)

    in_threads(count, some)
    return results


def checksum(parts):
    """A 64-bit FNV-1a over the text of `parts`: small, and the same on every Python."""
    value = 0xCBF29CE484222325
    for part in parts:
        for byte in str(part).encode():
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"
