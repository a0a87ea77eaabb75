#: interrupt-after ready
import os
r, w = os.pipe()
print("ready", flush=True)
os.read(r, 1)
