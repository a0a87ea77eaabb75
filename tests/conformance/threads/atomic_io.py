# The rows of docs/thread-safety.md for StringIO, BytesIO, files and random.Random.
import io
import mmap
import os
import random
import tempfile

from race import race

THREADS = 4
text = io.StringIO()
race(
    "StringIO.write",
    *[lambda i, t: text.write(f"<{i}:{t}>\n") and None] * THREADS,
    check=lambda: sorted(text.getvalue().split()) == sorted(f"<{i}:{t}>" for i in range(THREADS) for t in range(200)),
)
raw = io.BytesIO()
race(
    "BytesIO.write",
    *[lambda i, t: raw.write(b"<%d:%d>\n" % (i, t)) and None] * THREADS,
    check=lambda: sorted(raw.getvalue().split()) == sorted(b"<%d:%d>" % (i, t) for i in range(THREADS) for t in range(200)),
)
for name, source, joined in (
    ("StringIO.read(n)", io.StringIO("".join(map(chr, range(1000, 2200)))), lambda parts: sorted("".join(parts))),
    ("BytesIO.read(n)", io.BytesIO(bytes(n % 256 for n in range(1200))), lambda parts: sorted(b"".join(parts))),
):
    whole = joined([source.getvalue()])
    got = [[] for _ in range(THREADS)]
    race(name, *[lambda i, t: got[i].append(source.read(3))] * THREADS, check=lambda: joined(sum(got, [])) == whole)
for name, source in (
    ("StringIO.readline", io.StringIO("".join(f"{n}\n" for n in range(800)))),
    ("BytesIO.readline", io.BytesIO(b"".join(b"%d\n" % n for n in range(800)))),
):
    got = [[] for _ in range(THREADS)]
    race(
        name,
        *[lambda i, t: got[i].append(source.readline())] * THREADS,
        check=lambda: sorted(map(int, sum(got, []))) == list(range(800)),
    )
raw = io.BytesIO(b"a" * 50)
text = io.StringIO("a" * 50)


def disturb(i, t):
    for f in (raw, text):
        f.seek(t % 60)
        f.truncate(t % 40)
        f.seek(0)
        f.write("b" * (t % 30) if f is text else b"b" * (t % 30))


def look(i, t):
    try:
        with raw.getbuffer() as view:
            bytes(view)
    except BufferError:
        pass
    return set(text.getvalue()) <= set("ab\0") and set(raw.getvalue()) <= set(b"ab\0")


race("seek, truncate, write, getvalue, getbuffer", disturb, disturb, look, look, allowed=BufferError)

folder = tempfile.mkdtemp()
path = os.path.join(folder, "lines")
with open(path, "wb") as file:
    race("buffered file, write", *[lambda i, t: file.write(b"<%d:%d>\n" % (i, t)) and None] * THREADS)
with open(path, "rb") as file:
    print("every write is whole:", sorted(file.read().split()) == sorted(b"<%d:%d>" % (i, t) for i in range(THREADS) for t in range(200)))
got = [[] for _ in range(THREADS)]
with open(path, "rb") as file:
    race("buffered file, readline", *[lambda i, t: got[i].append(file.readline())] * THREADS)
print("every line once:", sorted(sum(got, [])) == sorted(b"<%d:%d>\n" % (i, t) for i in range(THREADS) for t in range(200)))
with open(path, "w") as file:
    race("text file, write", *[lambda i, t: file.write(f"<{i}:{t}>\n") and None] * THREADS)
with open(path) as file:
    print("every write is whole:", sorted(file.read().split()) == sorted(f"<{i}:{t}>" for i in range(THREADS) for t in range(200)))
with open(path, "wb", buffering=0) as file:
    race("raw file, write", *[lambda i, t: file.write(b"<%d:%d>\n" % (i, t)) and None] * THREADS)
with open(path, "rb") as file:
    print("every write is whole:", sorted(file.read().split()) == sorted(b"<%d:%d>" % (i, t) for i in range(THREADS) for t in range(200)))


def reopen(i, t):
    file = shared[0]
    try:
        file.read(1)
        file.tell()
    except ValueError:
        shared[0] = open(path)
    try:
        if t % 10 == i:
            file.close()
    except ValueError:
        # Closed by another thread between the flush and the end of this close.
        pass


shared = [open(path)]
race("a text file closed by others", *[reopen] * THREADS, allowed=(OSError, UnicodeDecodeError))
shared[0].close()
os.remove(path)
os.rmdir(folder)

alone = random.Random(42)
expected = sorted(alone.random() for _ in range(800))
common = random.Random(42)
got = [[] for _ in range(THREADS)]
race("Random.random", *[lambda i, t: got[i].append(common.random())] * THREADS, check=lambda: sorted(sum(got, [])) == expected)
alone = random.Random(7)
expected = sorted(alone.getrandbits(40) for _ in range(800))
common = random.Random(7)
got = [[] for _ in range(THREADS)]
race("Random.getrandbits", *[lambda i, t: got[i].append(common.getrandbits(40))] * THREADS, check=lambda: sorted(sum(got, [])) == expected)
race(
    "Random: seed, getstate, setstate, shuffle, choice, gauss",
    lambda i, t: common.seed(t),
    lambda i, t: common.setstate(common.getstate()),
    lambda i, t: common.choice(range(10)) in range(10) and 0 <= common.random() < 1,
    lambda i, t: common.shuffle([1, 2, 3]) is None and common.gauss() is not None,
)

size = THREADS * 200 * 8
shared = mmap.mmap(-1, size)
race(
    "mmap.write",
    *[lambda i, t: shared.write(b"<%d:%04d>" % (i, t)) and None] * THREADS,
    check=lambda: sorted(shared[:].split(b">")[:-1]) == sorted(b"<%d:%04d" % (i, t) for i in range(THREADS) for t in range(200)),
)
shared.seek(0)
got = [[] for _ in range(THREADS)]
race(
    "mmap.read(n)",
    *[lambda i, t: got[i].append(shared.read(8))] * THREADS,
    check=lambda: sorted(sum(got, [])) == sorted(shared[n : n + 8] for n in range(0, size, 8)),
)
lines = b"".join(b"%d\n" % n for n in range(800))
shared[: len(lines)] = lines
shared.seek(0)
got = [[] for _ in range(THREADS)]
race(
    "mmap.readline",
    *[lambda i, t: got[i].append(shared.readline())] * THREADS,
    check=lambda: sorted(map(int, sum(got, []))) == list(range(800)),
)
shared[:1000] = b"a" * 1000
race(
    "mmap slices",
    lambda i, t: shared.__setitem__(slice(0, 1000), b"a" * 1000),
    lambda i, t: shared.__setitem__(slice(999, None, -1), b"b" * 1000),
    lambda i, t: len(set(shared[:1000])) == 1,
    lambda i, t: len(set(shared[999::-3])) == 1,
)


def resize(i, t):
    shared.resize(mmap.PAGESIZE * (1 + t % 2))


def view(i, t):
    with memoryview(shared) as v:
        return v.nbytes in (size, mmap.PAGESIZE, mmap.PAGESIZE * 2)


shared = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
race("mmap.resize", resize, view, lambda i, t: shared[0] == 0, allowed=BufferError)
