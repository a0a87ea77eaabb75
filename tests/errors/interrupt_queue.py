#: interrupt-after ready
import queue
print("ready", flush=True)
queue.Queue().get()
