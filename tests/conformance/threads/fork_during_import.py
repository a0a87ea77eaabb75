"""A fork waits for what another thread imports: the child has the whole module, and may import itself."""

import _imp
import os
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)


def forked(work):
    """What `work` gives in a child of a fork."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def importer(started):
    _imp.acquire_lock()
    sys.modules["made by hand"] = "half"
    started.set()
    time.sleep(0.05)
    sys.modules["made by hand"] = "whole"
    _imp.release_lock()


def other_imports():
    started = threading.Event()
    thread = threading.Thread(target=importer, args=(started,))
    thread.start()
    started.wait()
    status = forked(lambda: {"half": 1, "whole": 2}[__import__("made by hand")])
    thread.join()
    return status


def forks_while_importing(depth):
    for _ in range(depth):
        _imp.acquire_lock()
    held = []

    def work():
        held.append(_imp.lock_held())
        for _ in range(depth):
            _imp.release_lock()
        held.append(_imp.lock_held())
        import colorsys  # noqa: F401

        return held.index(False)

    try:
        return forked(work)
    finally:
        for _ in range(depth):
            _imp.release_lock()


print("another thread imports:", other_imports())
print("the forking thread does:", [forks_while_importing(depth) for depth in range(3)])
print("held afterwards:", _imp.lock_held())
