"""Objects that their maker is still changing when others begin to change them: nothing is lost, nothing dies early."""
import threading

ROUNDS = 12
TURNS = 60
STEPS = 40


class Box:
    def __init__(self):
        self.value = [0]
        self.small = 0


class Slotted:
    __slots__ = ("value",)

    def __init__(self):
        self.value = (0,)


def shared_cell():
    cell = (0,)

    def store(new):
        nonlocal cell
        cell = new

    def load():
        return cell

    return store, load


def work(things, who, results):
    """Change the things: each step adds one item, key or member of its own, and replaces what attributes hold."""
    items, keys, members, data, box, slotted, (store, load) = things
    total = 0
    for step in range(STEPS):
        items.append(step)
        keys[who, step] = step
        members.add((who, step))
        data.extend(b"xy")
        box.value = [step]
        box.small = step
        slotted.value = (step,)
        store((step,))
        # What another stored may stand there meanwhile; it is whole in any case.
        total += len(box.value) + len(slotted.value) + len(load()) + (0 <= box.small < STEPS)
    results.append(total)


def round_of():
    lost = []
    makers_results = []
    others_results = []
    shared = {}
    ready = [threading.Event() for _ in range(TURNS)]

    def maker():
        for turn in range(TURNS):
            things = ([], {}, set(), bytearray(), Box(), Slotted(), shared_cell())
            shared[turn] = things
            # From here on the other may be at it.
            ready[turn].set()
            work(things, "maker", makers_results)

    def other(name):
        for turn in range(TURNS):
            ready[turn].wait()
            work(shared[turn], name, others_results)

    threads = [threading.Thread(target=maker)]
    threads += [threading.Thread(target=other, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everybody = 3 * STEPS
    for turn, (items, keys, members, data, box, slotted, (_, load)) in shared.items():
        counts = len(items), len(keys), len(members), len(data)
        if counts != (everybody, everybody, everybody, 2 * everybody):
            lost.append((turn, counts))
        if sum(items) != 3 * sum(range(STEPS)):
            lost.append((turn, "items"))
    whole = all(total == 4 * STEPS for total in makers_results + others_results)
    return lost, whole


def two_lists():
    """Pairs of lists, each made by one of two threads, extended by each other both ways."""
    barrier = threading.Barrier(2)
    made = [None, None]
    wrong = []

    def extend(me):
        for turn in range(TURNS):
            made[me] = [me] * 3
            barrier.wait()
            mine, others = made[me], made[1 - me]
            mine.extend(others)
            others += mine
            if mine == others and len(mine) != len(others):
                wrong.append(turn)
            barrier.wait()
            if len(mine) < 12:
                wrong.append((turn, len(mine)))
            barrier.wait()

    threads = [threading.Thread(target=extend, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


outcomes = [round_of() for _ in range(ROUNDS)]
print("lost:", [lost for lost, _ in outcomes if lost])
print("whole:", all(whole for _, whole in outcomes))
print("lists:", [wrong for wrong in (two_lists() for _ in range(4)) if wrong])
