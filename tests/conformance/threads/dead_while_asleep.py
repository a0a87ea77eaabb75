"""What nobody names any more is gone while the whole program sleeps, also where no thread would come to look."""

import queue
import threading
import time
import weakref

LONG = 0.6


def make(gone):
    """A function that the module names, and what tells of its end."""
    global doomed

    def doomed():
        pass

    return weakref.ref(doomed, lambda _: gone.append(time.monotonic()))


def forget():
    """Takes the function's name away, and uses the places of temporary values that may still name it."""
    global doomed
    del doomed
    one = 1
    return [[one, one, one, one, one, one, one, one], [one, one, one, one, one, one, one, one]]


def slept(wait):
    """How long after `wait` began a function of the module is gone, as a part of the wait."""
    gone = []
    watch = make(gone)
    start = time.monotonic()
    forget()
    wait()
    end = time.monotonic()
    assert watch() is None and end - start > LONG * 0.9
    return (gone[0] - start) / (end - start)


def empty_queue():
    try:
        queue.SimpleQueue().get(timeout=LONG)
    except queue.Empty:
        pass


# The main thread holds no lock: one that does leaves what others brought about to the rest.
busy, done = threading.Lock(), threading.Event()
holder = threading.Thread(target=lambda: busy.acquire() and done.wait())
holder.start()

for name, wait in {
    "sleep": lambda: time.sleep(LONG),
    "lock": lambda: busy.acquire(timeout=LONG),
    "queue": empty_queue,
    "join": lambda: holder.join(LONG),
}.items():
    print(name, "in the first half:", slept(wait) < 0.5)
done.set()
holder.join()
