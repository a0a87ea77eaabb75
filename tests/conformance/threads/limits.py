# No room for another thread is an exception, from which the program goes on.
import subprocess, sys
CODE = """
import resource, threading
go = threading.Event()
def work():
    go.wait()
def address_space():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[0]) * resource.getpagesize()
warm = threading.Thread(target=work); warm.start()
resource.setrlimit(resource.RLIMIT_AS, (address_space() + (400 << 20), resource.RLIM_INFINITY))
started, refused = [warm], None
for _ in range(2000):
    t = threading.Thread(target=work)
    try: t.start()
    except RuntimeError as e:
        refused = e; break
    started.append(t)
print(type(refused).__name__, refused, t.is_alive(), t in threading.enumerate())
go.set()
for t in started: t.join()
t = threading.Thread(target=print, args=("there is room again",)); t.start(); t.join()
"""
ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60)
print(ran.stdout, ran.stderr, ran.returncode)
