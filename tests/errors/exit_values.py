import sys
for value in (None, 0, 1, 2, 255, 256, -1, 10**30, True, False, 1.5, "text", "", (1, 2), (3,), [1], {}, ValueError("v"), object):
    try:
        sys.exit(value)
    except SystemExit as e:
        print(repr(value), e.code == value or e.code is value, e.args == (value,) or e.args)
try:
    sys.exit(1, 2)
except TypeError as e:
    print(e)
try:
    raise SystemExit(1, 2)
except SystemExit as e:
    print(e.code, e.args)
try:
    raise SystemExit
except SystemExit as e:
    print(e.code, e.args)
try:
    exit
    print("exit is there")
except NameError:
    print("no exit")
sys.exit(3)
