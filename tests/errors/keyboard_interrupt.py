#: interrupt-after ready
import time

print("ready", flush=True)
n = 0
while True:
    n += 1
