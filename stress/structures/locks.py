"""Locks of all kinds: nobody is lost, counts are exact, finalizers may take them too."""

import queue
import threading

from support import hammer

lock = threading.Lock()
again = threading.RLock()
condition = threading.Condition()
few = threading.Semaphore(2)
waiting = queue.Queue(maxsize=20)
simple = queue.SimpleQueue()
exact = [0, 0, 0]
inside = [0]
finalized = [0]
made = [0]


class Finalized:
    def __init__(self):
        with lock:
            made[0] += 1

    def __del__(self):
        with lock:
            finalized[0] += 1


slots = [None] * 4


def uses(number, turn):
    with lock:
        exact[0] += 1
    with again:
        with again:
            exact[1] += 1
    with few:
        with lock:
            inside[0] += 1
            assert inside[0] <= 2
        with lock:
            inside[0] -= 1
    with condition:
        exact[2] += 1
        condition.notify()
    if turn % 7 == 0:
        with condition:
            condition.wait(0.0001)
    slots[(number + turn) % 4] = Finalized()
    slots[turn % 4]
    simple.put(Finalized())
    try:
        simple.get_nowait()
        waiting.put_nowait(turn)
        waiting.get_nowait()
    except (queue.Empty, queue.Full):
        pass
    if lock.acquire(timeout=0.001):
        lock.release()


turns = hammer(uses, uses, uses, uses)
assert exact == [turns] * 3, (exact, turns)
slots[:] = [None] * 4
while not simple.empty():
    simple.get()
assert made == finalized, (made, finalized)
print("ok")
