# What the tests named atomic_* share: run functions at once in threads, then check what must hold.
import sys
import threading

sys.setswitchinterval(1e-5)


def race(name, *bodies, turns=200, check=lambda: True, allowed=()):
    """Call every body(number, turn) `turns` times in a thread of its own, all at once; print what went wrong, or ok."""
    wrong = set()
    barrier = threading.Barrier(len(bodies))

    def run(number, body):
        barrier.wait()
        for turn in range(turns):
            try:
                if body(number, turn) is False:
                    wrong.add(f"body {number} saw what must not be")
            except allowed:
                pass
            except BaseException as e:
                wrong.add(f"{type(e).__name__}: {e}")

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not wrong and not check():
        wrong.add("the end is wrong")
    print(f"{name}: {'; '.join(sorted(wrong)) or 'ok'}")


if __name__ == "__main__":
    items = []
    race("self-test", lambda i, t: items.append((i, t)), lambda i, t: len(items) <= 200, check=lambda: len(items) == 200)
    race("an error is told", lambda i, t: 1 // 0, turns=1)
    race("so is a wrong answer", lambda i, t: False, turns=1)
    race("and a wrong end", lambda i, t: None, turns=1, check=lambda: False)
