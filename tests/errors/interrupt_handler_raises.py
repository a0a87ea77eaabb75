#: interrupt-after ready
import signal, time
def handler(number, frame):
    raise ValueError("from handler")
signal.signal(signal.SIGINT, handler)
print("ready", flush=True)
try:
    time.sleep(30)
except ValueError as e:
    print("caught", e)
