#: interrupt-after ready
import threading
print("ready", flush=True)
threading.Event().wait(30)
