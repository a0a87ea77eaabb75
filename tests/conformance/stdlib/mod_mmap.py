"""`mmap`: files and memory as bytes that are changed in place."""

import mmap
import os
import re
import tempfile

PAGE = mmap.PAGESIZE


def tell(what, *args, **keywords):
    try:
        print("  ", what(*args, **keywords))
    except Exception as e:
        print("  ", type(e).__name__, str(e).replace("mmap.mmap", "mmap"))


print("a file")
with tempfile.TemporaryFile() as f:
    f.write(b"first line\nsecond line\nlast")
    f.flush()
    m = mmap.mmap(f.fileno(), 0)
    print(len(m), m[0], m[-1], m[:5], m[::-1], m[1:20:3], m[20:1])
    print(m.readline(), m.tell(), m.read(3), m.read_byte(), m.read(), m.read(5))
    print(m.seek(0), m.seek(4, 1), m.seek(-4, 2), m.seekable(), m.size())
    m[0:5] = b"FIRST"
    m[6] = ord("L")
    m[10::-10] = b"!?"
    m.seek(11)
    print(m.write(b"SECOND"), m.tell(), m.write_byte(33), m.tell())
    m.flush()
    f.seek(0)
    print(f.read())
    print(re.findall(rb"\w+", m), m.find(b"line"), m.find(b"line", 0), m.rfind(b"l"), m.find(b"line", 0, 8), m.find(b""), m.rfind(b""))
    m.move(0, 11, 6)
    print(m[:], b"S" in m, list(m[:3]), [*m][:3])
    m.resize(4)
    print(len(m), os.fstat(f.fileno()).st_size, m[:], m.tell() > len(m))
    tell(m.seek, 5)
    print(re.sub("=[0-9]+", "=N", repr(m)))
    m.close()
    m.close()
    print(m.closed, m)

print("memory")
with mmap.mmap(-1, 3 * PAGE) as m:
    assert not any(m[:])
    m[:] = bytes(range(256)) * (len(m) // 256)
    with memoryview(m) as view, view[10:20] as part:
        part[0] = 200
        print(m[10], view.nbytes, view.readonly, view.format)
        tell(m.close)
        tell(m.resize, PAGE)
    tell(m.resize, 4 * PAGE)
    m.resize(PAGE)
    print(len(m))
    print(m.madvise(mmap.MADV_NORMAL), m.madvise(mmap.MADV_WILLNEED, 0, PAGE), m.flush(), m.flush(0, PAGE))
    for bad in [PAGE], [-1], [0, -1], [0, 1, -1], [99]:
        tell(m.madvise, *(bad if len(bad) == 3 else [mmap.MADV_NORMAL, *bad] if bad != [99] else bad))
print(m.closed)

print("across blocks")
big = mmap.mmap(-1, 300_000)
places = [65_530, 65_536 * 2 - 3, 65_536 * 3, 299_993]
for place in places:
    big[place : place + 7] = b"needle!"
found, at = [], big.find(b"needle!")
while at >= 0:
    found.append(at)
    at = big.find(b"needle!", at + 1)
print(found == places, found)
found, at = [], big.rfind(b"needle!")
while at >= 0:
    found.append(at)
    at = big.rfind(b"needle!", 0, at)
print(found[::-1] == places, big.find(b"needle!", 65_531, 65_536 * 2 + 3), big.rfind(b"x"))
big.seek(0)
line = b"." * 100_000 + b"\n"
big.write(line)
big.seek(0)
print(big.readline() == line, big.tell())

print("mistakes")
m = mmap.mmap(-1, 8)
for index in 8, -9, "a", (1, 2), 10**30:
    tell(m.__getitem__, index)
for index, value in (8, 0), (0, 256), (0, "a"), (0, b"a"), (slice(0, 2), b"a"), (slice(0, 2), "ab"):
    tell(m.__setitem__, index, value)
tell(m.__delitem__, 0)
tell(m.__delitem__, slice(0, 1))
for n in "a", 1.5, 10**30:
    tell(m.read, n)
tell(m.seek, 9)
tell(m.seek, 0, 9)
tell(m.flush, 0, 9)
tell(m.move, 1, 2, 7)
tell(m.find, "a")
tell(m.write, "a")
tell(m.write, bytes(9))
tell(m.resize, -1)
m.seek(8)
tell(m.read_byte)
tell(m.write_byte, 1)
tell(lambda: m + m)
for arguments in (-1, -1), (-1, 0), (-2, 5), ("a", 0), (0.5, 0):
    tell(mmap.mmap, *arguments)
tell(mmap.mmap, -1, 8, offset=-1)
tell(mmap.mmap, -1, 8, access=9)
tell(mmap.mmap, -1, 8, access=mmap.ACCESS_READ, prot=mmap.PROT_READ)
with tempfile.TemporaryFile() as f:
    tell(mmap.mmap, f.fileno(), 0)
    f.write(b"abc")
    f.flush()
    tell(mmap.mmap, f.fileno(), 4)
    tell(mmap.mmap, f.fileno(), 0, offset=PAGE)
    with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY) as private:
        private[0] = 0
        f.seek(0)
        print(f.read(), private[:])
        tell(private.resize, 1)
    with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as fixed:
        tell(fixed.__setitem__, 0, 1)
        tell(fixed.write, b"a")
        tell(fixed.move, 0, 1, 1)
        tell(fixed.resize, 1)
        print(memoryview(fixed).readonly)
        tell(bytearray(4).__setitem__, slice(0, 3), fixed)
        tell(lambda: f.readinto(fixed))
    with mmap.mmap(f.fileno(), 0, trackfd=False) as loose:
        tell(loose.size)
        tell(loose.resize, 1)
for what in (len, repr, list, memoryview, bytes):
    tell(what, private)
tell(private.__enter__)
tell(private.read)


class Closes:
    def __init__(self, m):
        self.m = m

    def __index__(self):
        self.m.close()
        return 1


for use in (
    lambda m, i: m[i],
    lambda m, i: m[i:4],
    lambda m, i: m.read(i),
    lambda m, i: m.find(b"1", i),
    lambda m, i: m.__setitem__(i, 1),
    lambda m, i: m.__setitem__(slice(i, 3), b"12"),
    lambda m, i: m.move(0, 1, i),
    lambda m, i: m.write_byte(i),
):
    m = mmap.mmap(-1, 8)
    tell(use, m, Closes(m))


class Named(mmap.mmap):
    def __new__(cls, name, size):
        self = super().__new__(cls, -1, size)
        self.name = name
        return self


print(Named("n", 5).name, len(Named("n", 5)), mmap.error is OSError)
