"""What start() promises holds when it returns, whether or not the new thread has run by then."""
import os
import signal
import threading

go = threading.Event()
seen = []


def body(index):
    go.wait()
    me = threading.current_thread()
    seen.append((index, me.ident == threading.get_ident(), me.native_id == threading.get_native_id(), me in threading.enumerate()))


threads = []
for i in range(50):
    thread = threading.Thread(target=body, args=(i,))
    print(thread.is_alive(), thread.ident, thread.native_id) if i == 0 else None
    thread.start()
    threads.append(thread)
    assert thread.is_alive() and thread.ident and thread in threading.enumerate()
    assert threading._active[thread.ident] is thread and not threading._limbo
    signal.pthread_kill(thread.ident, 0)
print(len({t.ident for t in threads}), threading.active_count())
ids = {t.native_id for t in threads}
print(len(ids), all(type(i) is int and i > 0 for i in ids))
print({os.path.exists(f"/proc/self/task/{i}") for i in ids if os.path.isdir("/proc/self/task")} <= {True})
go.set()
for thread in threads:
    thread.join()
print(sorted(seen) == [(i, True, True, True) for i in range(50)], threading.active_count(), threading._limbo)
print(any(t.is_alive() for t in threads), {t.native_id for t in threads} == ids)

# One that ends before its starter looks, again and again: nothing is left of it.
for i in range(300):
    thread = threading.Thread(target=int)
    thread.start()
    if i % 2:
        assert thread.native_id > 0
    if i % 3:
        thread.join()
    else:
        del thread
while threading.active_count() > 1:
    pass
print(threading.enumerate() == [threading.main_thread()], len(threading._active), len(threading._limbo))

# Twice, and not at all.
thread = threading.Thread(target=int)
thread.start()
for again in thread.start, threading.Thread(target=int).join:
    try:
        again()
    except RuntimeError as error:
        print(error)
thread.join()


class Failing(threading.Thread):
    """The first thing it does goes wrong."""

    def run(self):
        raise ValueError("at once")


def report(args):
    print(args.exc_type.__name__, args.exc_value, args.thread is failing, failing.ident == threading.get_ident())


threading.excepthook = report
failing = Failing()
failing.start()
failing.join()

# A fork right behind: the child knows no other thread, not even one that had not begun.
for i in range(20):
    thread = threading.Thread(target=go.wait)
    thread.start()
    child = os.fork()
    if not child:
        other = threading.Thread(target=int)
        other.start()
        other.join()
        good = threading.active_count() == 1 and not thread.is_alive() and other.native_id != os.getpid()
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    thread.join()
print("forked")

# A thread on the stack of one that has ended, deeper and shallower: nothing of the other's is there.
import gc
import weakref


class Node:
    """To be seen dying."""


def deep(n):
    node = Node()
    if n:
        return deep(n - 1)
    gc.collect()
    return weakref.ref(node)


def at_depth(n):
    found.append(deep(n)() is None)


found = []
for depth in (900, 3, 500, 0, 900, 1) * 3:
    for _ in range(2):
        thread = threading.Thread(target=at_depth, args=(depth,))
        thread.start()
        thread.join()
print(len(found), all(found))
