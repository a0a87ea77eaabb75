"""Several threads against one object: what every program of this folder shares.

A program hands `hammer` functions of (thread number, turn); they are called turn after turn by all threads at once until
the time is over. Whatever they raise ends the program with status 1, unless it is among the allowed errors.
"""

import sys
import threading
import time
import traceback


def arguments():
    """(threads, seconds) of the command line."""
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
    return threads, seconds


def hammer(*bodies, allowed=()):
    """Run the bodies, dealt out among the threads, until the time is over. How many turns were made."""
    threads, seconds = arguments()
    threads = max(threads, len(bodies))
    errors = []
    turns = [0] * threads
    start = threading.Barrier(threads)
    end = [time.monotonic() + seconds]

    def run(number):
        body = bodies[number % len(bodies)]
        start.wait()
        turn = 0
        try:
            while time.monotonic() < end[0]:
                for _ in range(50):
                    try:
                        body(number, turn)
                    except allowed:
                        pass
                    turn += 1
        except BaseException:
            errors.append(traceback.format_exc())
            end[0] = 0
        turns[number] = turn

    all_threads = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in all_threads:
        thread.start()
    for thread in all_threads:
        thread.join()
    for text in errors:
        sys.stderr.write(text)
    if errors:
        sys.exit(1)
    verify()
    return sum(turns)


def verify():
    """The heap has to be sound, where the interpreter can tell."""
    try:
        import typhon
    except ImportError:
        return
    complaints = typhon.verify_heap()
    for text in complaints:
        sys.stderr.write(text + "\n")
    if complaints:
        sys.exit(1)
