"""A signal that every thread of the program blocks stays pending, whatever threads the interpreter has besides."""
import gc
import os
import signal
import threading
import time

hits = []
signal.signal(signal.SIGUSR1, lambda number, frame: hits.append(number))


class Node:
    pass


def work():
    # Memory that is freed again, objects that two threads share, and collections: what the interpreter has threads for.
    keep = [Node() for _ in range(200000)]
    for n in keep:
        n.other = keep
    keep = None
    gc.collect()


for _ in range(5):
    threads = [threading.Thread(target=work) for _ in range(2)]
    for t in threads:
        t.start()
    work()
    for t in threads:
        t.join()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.001)
    print(hits, signal.SIGUSR1 in signal.sigpending())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    print(hits, signal.SIGUSR1 in signal.sigpending())
    hits.clear()
