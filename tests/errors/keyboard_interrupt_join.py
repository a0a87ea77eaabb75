#: interrupt-after ready
import threading, time

t = threading.Thread(target=time.sleep, args=(100,), daemon=True)
t.start()
print("ready", flush=True)
try:
    t.join()
except KeyboardInterrupt:
    print("interrupted while joining", t.is_alive())
