#: interrupt-after ready
import atexit, time
atexit.register(lambda: (print("ready", flush=True), time.sleep(30)))
