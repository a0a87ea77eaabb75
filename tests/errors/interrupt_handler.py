#: interrupt-after ready
import signal, sys, time
def handler(number, frame):
    print("handler", number)
    sys.exit(11)
signal.signal(signal.SIGINT, handler)
print("ready", flush=True)
while True:
    time.sleep(10)
