"""A list that threads append to, cut, sort, reverse and read."""

from support import hammer

shared = list(range(100))


def writes(number, turn):
    kind = turn % 9
    if kind == 0:
        shared.append([turn])
        shared.append(turn)
    elif kind == 1:
        shared.extend((turn, str(turn)))
    elif kind == 2 and len(shared) > 60:
        shared.pop()
        shared.pop(0)
    elif kind == 3:
        shared[:10] = [number] * 10
    elif kind == 4:
        shared.insert(turn % 50, {"turn": turn})
    elif kind == 5:
        shared.reverse()
    elif kind == 6:
        del shared[50:]
    elif kind == 7:
        shared[turn % 20] = (turn,)
    else:
        shared[::2] = shared[::2]


def reads(number, turn):
    n = 0
    for item in shared:
        n += 1
        if isinstance(item, (tuple, list)):
            item[0] + 1
        elif isinstance(item, dict):
            item["turn"] + 1
        if n > 500:
            break
    copy = shared[:]
    assert len(copy) >= 0 and copy == list(copy)
    shared.count(number)
    turn in shared
    if copy:
        shared[turn % 5]


own = [3, 1, 2] * 30


def sorts(number, turn):
    own.sort()
    assert len(own) in (0, 90)
    sorted(own)


hammer(writes, reads, reads, sorts, allowed=(IndexError, ValueError))
print("ok")
