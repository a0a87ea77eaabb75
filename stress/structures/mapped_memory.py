"""Mapped memory that threads read, write, view, resize and close, each of them at any time."""

import mmap

from support import hammer

PAGE = mmap.PAGESIZE
SIZES = (PAGE, 2 * PAGE, 5 * PAGE)

box = [mmap.mmap(-1, SIZES[-1], flags=mmap.MAP_PRIVATE)]
counted = mmap.mmap(-1, 64)


def writes(number, turn):
    shared = box[0]
    shared[turn % PAGE] = number % 250 + 1
    at = turn * 97 % (4 * PAGE)
    shared[at : at + 16] = bytes([number % 250 + 1]) * 16
    shared.seek(turn % PAGE)
    shared.write(b"0123456789")
    shared.write_byte(7)
    shared.move(0, PAGE // 2, 100)


def reads(number, turn):
    shared = box[0]
    assert len(shared) in SIZES
    assert 0 <= shared[turn % PAGE] < 256
    assert len(shared[:PAGE]) == PAGE
    assert len(shared[::-7]) in [-(-size // 7) for size in SIZES]
    found = shared.find(b"345", 0)
    assert -1 <= found < SIZES[-1]
    shared.rfind(b"\x07", 10, -10), shared.read(100), shared.read_byte(), shared.readline()
    assert shared.tell() <= SIZES[-1]


def views(number, turn):
    with memoryview(box[0]) as view:
        # Neither resized nor closed meanwhile.
        assert view.nbytes in SIZES
        view[-1] = number % 250
        bytes(view[-100:])
        view[:8].cast("q")[0] += 1


def changes(number, turn):
    shared = box[0]
    if turn % 3 == 0:
        shared.resize(SIZES[turn % len(SIZES)])
    elif turn % 50 == 1:
        box[0] = mmap.mmap(-1, SIZES[turn % len(SIZES)], flags=mmap.MAP_PRIVATE)
        shared.close()
    else:
        shared.flush(), shared.madvise(mmap.MADV_WILLNEED), repr(shared), shared.closed


def moves(number, turn):
    # The position and what is written there go together.
    try:
        counted.write_byte(number % 250 + 1)
    except ValueError:
        counted.seek(0)


hammer(writes, reads, views, changes, moves, writes, reads, allowed=(ValueError, IndexError, BufferError))
assert 0 not in counted[:]
print("ok")
