#: close-stdout
import sys

for i in range(100_000):
    print("line", i)
