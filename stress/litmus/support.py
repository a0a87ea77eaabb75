"""Litmus tests: small races whose outcomes are counted.

A test makes many instances of a little state; its threads walk through them in the same order at the same time, each doing
its body once to every instance. What came out of each instance is a word; the words are counted. `never` names the outcomes
that no regime may show: one of them is a defect of the interpreter. All others are what a program has to live with, and
which of them a regime shows is for `stress litmus` to list side by side.

Called as `NAME.py SECONDS`; prints one JSON object.
"""

import json
import random
import sys
import threading
import time
import traceback

INSTANCES = 400
# So often on their way the threads wait for each other, or they would meet at the first instance only; but not for long:
# under a global lock the other one cannot come.
STEP = 5
PATIENCE = 60


def litmus(about, make, bodies, outcome, never=()):
    """`make()` gives the state of an instance, each of `bodies` is called with it by a thread of its own, and
    `outcome(state, what the bodies returned)` is a word."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    # Under a global lock nothing would ever be interleaved otherwise.
    sys.setswitchinterval(1e-5)
    count = len(bodies)
    meet = threading.Barrier(count + 1)
    states = []
    results = [None] * count
    positions = [0] * count
    over = []
    errors = []

    def walk(index, body):
        shift = random.Random(index)
        while True:
            meet.wait()
            if over:
                return
            mine = results[index]
            try:
                for place, state in enumerate(states):
                    if place % STEP == 0:
                        positions[index] = place
                        for _ in range(PATIENCE):
                            if min(positions) >= place:
                                break
                        # Not always in the same step.
                        for _ in range(shift.randrange(4)):
                            pass
                    mine[place] = body(state)
            except BaseException:
                errors.append(traceback.format_exc())
            meet.wait()

    threads = [threading.Thread(target=walk, args=pair) for pair in enumerate(bodies)]
    for thread in threads:
        thread.start()
    counts = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end and not errors:
        states[:] = [make() for _ in range(INSTANCES)]
        results[:] = [[None] * INSTANCES for _ in range(count)]
        positions[:] = [0] * count
        meet.wait()
        meet.wait()
        if not errors:
            for state, *given in zip(states, *results):
                word = str(outcome(state, given))
                counts[word] = counts.get(word, 0) + 1
    over.append(True)
    meet.wait()
    for thread in threads:
        thread.join()
    for text in errors:
        sys.stderr.write(text)
    if errors:
        sys.exit(1)
    json.dump({"about": about, "outcomes": counts, "never": list(never)}, sys.stdout)
    print()
