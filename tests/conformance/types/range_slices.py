"""Slices of ranges are ranges of the same items as slices of the list, with the bounds that arithmetic gives."""

checked = 0
bounds = (None, 0, 1, 2, 5, 9, -1, -3, -12, 100, -100, 2**62, -(2**62), 2**70, -(2**70))
for r in (range(0), range(10), range(3, 30, 4), range(9, -1, -1), range(5, 5, 3), range(2**60, 2**60 + 9), range(2**70, 2**70 + 30, 7), range(-(2**62), 2**62, 2**60)):
    items = list(r)
    for start in bounds:
        for stop in bounds:
            for step in (None, 1, 2, -1, -3, 2**61, -(2**61), 2**70):
                part = r[start:stop:step]
                assert type(part) is range and list(part) == items[start:stop:step], (r, start, stop, step, part)
                checked += 1
print(checked)
for s in (slice(None), slice(2, None), slice(None, -2), slice(8, 2, -2), slice(None, None, -1), slice(20, 30), slice(-30, -20)):
    print(range(10)[s], range(0, 100, 10)[s], range(5, -5, -1)[s])
for bad in (slice(None, None, 0), slice("a", None), slice(None, 1.0)):
    try:
        print(range(10)[bad])
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
