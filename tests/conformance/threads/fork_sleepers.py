"""Threads that sleep when the program forks are not in the child, and nothing there waits behind them."""

import os
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
SLEEPERS = 60
PATIENCE = 30


def asleep():
    """A lock that is held, and a thread that waits for it."""
    lock = threading.Lock()
    lock.acquire()
    thread = threading.Thread(target=lock.acquire, daemon=True)
    thread.start()
    return lock, thread


def child():
    """New threads, in the memory of those that slept, that wait and are woken."""
    waiting = [asleep() for _ in range(SLEEPERS)]
    time.sleep(0.05)
    for lock, _ in waiting:
        lock.release()
    for _, thread in waiting:
        thread.join()


def outcome(pid):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "hangs"


waiting = [asleep() for _ in range(SLEEPERS)]
time.sleep(0.05)
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child()
            status = 0
        finally:
            os._exit(status)
    print(outcome(pid))

for lock, _ in waiting:
    lock.release()
for _, thread in waiting:
    thread.join()
print("the parent's own are woken:", len(waiting))
