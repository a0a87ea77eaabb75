# if, while, for, break, continue, else clauses, and nested loops.
def classify(n):
    if n < 0:
        return "negative"
    elif n == 0:
        return "zero"
    elif n < 10:
        return "small"
    else:
        return "large"


print([classify(n) for n in (-1, 0, 5, 50)])

i = 0
while i < 10:
    i += 1
    if i == 3:
        continue
    if i == 6:
        break
    print("while", i)
else:
    print("never")

while i < 8:
    i += 1
else:
    print("else runs", i)

for x in range(3):
    pass
else:
    print("for else", x)

for x in range(10):
    if x == 2:
        break
else:
    print("never")
print("after break", x)

for a in range(3):
    for b in range(3):
        if b == 2:
            continue
        if a == 2:
            break
        print(a, b, end="; ")
    else:
        print("inner else", a)
        continue
    print("inner broken", a)

for i, (a, b), *rest in [(1, (2, 3), 4, 5), (6, "ab")]:
    print(i, a, b, rest)

items = [1, 2, 3]
for item in items:
    if item < 3:
        items.append(item + 10)
print(items)

for (x) in [7]:
    pass
print(x)


class Holder:
    pass


h = Holder()
cells = [0, 0]
for h.value in range(4):
    pass
for cells[1] in "xyz":
    pass
print(h.value, cells)


def early():
    for x in range(5):
        while True:
            if x == 3:
                return x
            break


print(early())
d = {"a": 1}
try:
    for k in d:
        d[k + "x"] = 1
except RuntimeError as e:
    print(e)
s = {1}
try:
    for k in s:
        s.add(k + 1)
        s.add(k + 100)
except RuntimeError as e:
    print(e)
try:
    for x in 5:
        pass
except TypeError as e:
    print(e)
if True: print("one line")
while False: print("never")
assert True
try:
    assert 1 > 2, "message " + str(3)
except AssertionError as e:
    print("assert:", e, e.args)
try:
    assert ()  # empty
except AssertionError as e:
    print("assert:", repr(e))
pass
...
