#: interrupt-after ready
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(0.5)
print("goes on")
