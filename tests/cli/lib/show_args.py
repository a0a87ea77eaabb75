import sys
print(sys.argv[1:], __name__, __file__.rsplit("/", 1)[-1], sys.path[0].rsplit("/", 1)[-1])
print(repr(sys.stdin.read()))
