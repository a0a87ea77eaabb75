"""`multiprocessing` with each way of starting a process, and `concurrent.futures` over it."""

import multiprocessing as mp
import os
import signal
import threading

import _multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory, sharedctypes


def square(x):
    return x * x


def fail(x):
    raise ValueError(x)


def put(queue, n):
    for i in range(n):
        queue.put(i)


def count(value, row, total):
    for _ in range(total):
        with value.get_lock():
            value.value += 1
        row[0] += 0.5


def meet(barrier, event, connection):
    connection.send(barrier.wait() in (0, 1))
    event.wait()
    connection.close()


def fill(name, size):
    memory = shared_memory.SharedMemory(name=name)
    memory.buf[:size] = bytes(range(size))
    memory.close()


def tell(what, *args, **keywords):
    try:
        print("  ", what(*args, **keywords))
    except Exception as e:
        print("  ", type(e).__name__, e)


def use(ctx):
    with ctx.Pool(2) as pool:
        print(pool.map(square, range(6)), pool.starmap(pow, [(2, 5)]), sorted(pool.imap_unordered(square, range(3))))
        tell(pool.apply, fail, (5,))
    with ProcessPoolExecutor(2, mp_context=ctx) as pool:
        print(list(pool.map(square, range(4))))
        tell(pool.submit(fail, 6).result)

    queue = ctx.Queue()
    process = ctx.Process(target=put, args=(queue, 50))
    process.start()
    print(sum(queue.get() for _ in range(50)), process.join(), process.exitcode)

    value, row = ctx.Value("i", 0), ctx.Array("d", 2)
    workers = [ctx.Process(target=count, args=(value, row, 100)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(value.value, row[1], 0 < row[0] <= 100)

    barrier, event, (ours, theirs) = ctx.Barrier(2), ctx.Event(), ctx.Pipe()
    process = ctx.Process(target=meet, args=(barrier, event, theirs))
    process.start()
    print(barrier.wait() in (0, 1), ours.recv())
    event.set()
    process.join()

    with ctx.Manager() as manager:
        names = manager.dict(a=1)
        names["b"] = 2
        print(dict(names), list(manager.list([1, 2])))


def main():
    for method in "fork", "spawn", "forkserver":
        print(method)
        use(mp.get_context(method))

    print("locks")
    ctx = mp.get_context("fork")
    lock, again = ctx.Lock(), ctx.RLock()
    with lock:
        print(lock, lock.acquire(False), lock.acquire(timeout=0.01))
    tell(lock.release)
    with again, again:
        print(again)
    tell(again.release)
    some = ctx.BoundedSemaphore(2)
    print(some.acquire(), some.acquire(), some.acquire(False), some.get_value(), some.release(), some)
    some.release()
    tell(some.release)
    tell(mp.synchronize.SemLock, 7, 1, 1, ctx=ctx)
    tell(_multiprocessing.SemLock, 0, 1, 1, "/a\0b", True)
    tell(_multiprocessing.sem_unlink, "/typhon-none-of-this-name")
    tell(_multiprocessing.SemLock._rebuild, 0, 1, 1, "/typhon-none-of-this-name")
    tell(lock.acquire, timeout="a")
    lock.acquire()
    tell(lock.acquire, True, 1e300)
    print(lock.acquire(timeout=-1))
    signal.signal(signal.SIGUSR1, lambda *args: print("   handled"))
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    threading.Timer(0.15, lock.release).start()
    print(lock.acquire(timeout=60))
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        lock.acquire()
    except KeyboardInterrupt:
        print("   KeyboardInterrupt")
    counted = [0]

    def take():
        for _ in range(500):
            with again, again:
                counted[0] += 1

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counted, again)

    print("numbers")
    for code, given in ("i", 2**40 + 5), ("B", 300), ("b", 200), ("h", -1), ("Q", -1), ("f", 1.5), ("d", 2), ("c", b"x"), ("u", "\u20ac"):
        print(code, repr(mp.Value(code, given).value), end=" ")
    print(mp.Value("i", 5), mp.RawValue("d"))
    for code, given in ("i", "a"), ("i", 1.5), ("z", 0), ("d", "1"), ("c", b"ab"), ("c", 300), ("c", "a"), ("u", "ab"), ("u", 1):
        tell(mp.Value, code, given)
    row = mp.Array("i", [1, 2, 3])
    row[0], row[1:] = 7, [8, 9]
    print(row[:], row[::-1], len(row), list(row), list(mp.RawArray("H", 2)), mp.Array("u", "ab")[:])
    tell(row.__getitem__, 3)
    tell(row.__setitem__, 3, 1)
    tell(row.__setitem__, slice(0, 2), [1])
    tell(mp.Array, "i", -1)
    text = mp.Array("c", b"hello")
    text.value = b"ab"
    print(text.value, text.raw, text[0], text[:2], len(mp.Array("c", 0)))
    tell(setattr, text, "value", b"too long")
    print(list(sharedctypes.copy(row.get_obj())))

    print("memory by name")
    memory = shared_memory.SharedMemory(create=True, size=10)
    process = ctx.Process(target=fill, args=(memory.name, 10))
    process.start()
    process.join()
    print(bytes(memory.buf[:10]), process.exitcode)
    memory.close()
    memory.unlink()
    tell(lambda: shared_memory.SharedMemory(name="typhon-none-of-this-name"))
    items = shared_memory.ShareableList([1, 2.5, "three", b"four", None, True])
    items[0] = 10
    print(list(items), len(items), items.index("three"))
    items.shm.close()
    items.shm.unlink()


if __name__ == "__main__":
    main()
