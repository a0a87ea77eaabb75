# Memory after a peak goes back to the system, whoever made and whoever frees it; benches/threads/memory_back.py does it with a
# gigabyte. A process each, so that none has the rest of another. Other interpreters promise nothing.
import subprocess, sys
CODE = r"""
import sys, threading, time
try: import typhon
except ImportError: typhon = None
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * 4096 / 1e6
class Node:
    def __init__(self, n): self.n, self.next, self.pair = n, None, (n,)
def small(n): return [Node(i) for i in range(n)]
def large(n): return [[i] * 1000 for i in range(n)] + [chr(97 + i % 26) * 2000 for i in range(n)]
way = sys.argv[1]
before, holder, done = resident(), [], threading.Event()
if way == "ended":
    ts = [threading.Thread(target=lambda: holder.append(small(200_000))) for _ in range(4)]
    for t in ts: t.start()
    for t in ts: t.join()
else:
    holder.append(large(10_000) if way == "large" else small(800_000))
peak = resident()
if way == "other":
    # Who made it sleeps.
    def free(): holder.clear(); done.set()
    t = threading.Thread(target=free); t.start(); done.wait()
else:
    holder.clear()
end = time.monotonic() + (20 if typhon else 0)
while resident() - before > (peak - before) / 3 and time.monotonic() < end: time.sleep(0.05)
after = resident()
print(way, "is back" if typhon is None or after - before <= (peak - before) / 3 and peak - before > 50 else (before, peak, after))
"""
for way in ("own", "other", "large", "ended"):
    ran = subprocess.run([sys.executable, "-c", CODE, way], capture_output=True, text=True, timeout=100)
    print(ran.stdout.strip(), ran.stderr, ran.returncode)
