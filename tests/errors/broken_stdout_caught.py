#: close-stdout
import sys, os

try:
    for i in range(100_000):
        print("line", i)
except BrokenPipeError as e:
    print("caught", e, file=sys.stderr)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
