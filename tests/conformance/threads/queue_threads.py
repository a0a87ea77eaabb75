# queue.Queue between threads: nothing lost, nothing doubled, join and shutdown.
import queue, threading, time

q = queue.Queue(maxsize=10)
out = queue.Queue()
N, WORKERS = 2000, 4


def worker():
    total = count = 0
    while True:
        item = q.get()
        if item is None:
            q.task_done()
            break
        total += item
        count += 1
        q.task_done()
    out.put((total, count))


ts = [threading.Thread(target=worker) for _ in range(WORKERS)]
[t.start() for t in ts]
for i in range(N):
    q.put(i)
for _ in ts:
    q.put(None)
q.join()
[t.join() for t in ts]
parts = [out.get() for _ in ts]
print(sum(p[0] for p in parts) == N * (N - 1) // 2, sum(p[1] for p in parts))
s = queue.SimpleQueue()
got = []


def drain():
    while (x := s.get()) is not None:
        got.append(x)


t = threading.Thread(target=drain)
t.start()
for i in range(1000):
    s.put(i)
s.put(None)
t.join()
print(got == list(range(1000)))
pq = queue.PriorityQueue()


def feed(base):
    for i in range(100):
        pq.put((i * 7 % 100, base, i))


ts = [threading.Thread(target=feed, args=(b,)) for b in range(3)]
[t.start() for t in ts]
[t.join() for t in ts]
drained = [pq.get() for _ in range(300)]
print(drained == sorted(drained), pq.empty())
small = queue.Queue(1)
log = []


def slow_reader():
    time.sleep(0.02)
    for _ in range(3):
        log.append(small.get())


t = threading.Thread(target=slow_reader)
t.start()
for i in range(3):
    small.put(i)
t.join()
print(log)
late = queue.Queue()
threading.Timer(0.02, late.put, args=("late",)).start()
print(late.get(timeout=5))
sd = queue.Queue()
seen = []


def blocked():
    try:
        sd.get()
    except queue.ShutDown:
        seen.append("shut down")


ts = [threading.Thread(target=blocked) for _ in range(3)]
[t.start() for t in ts]
time.sleep(0.02)
sd.shutdown()
[t.join() for t in ts]
print(seen)
stages = [queue.Queue() for _ in range(4)]


def stage(i):
    while True:
        x = stages[i].get()
        stages[i + 1].put(x if x is None else x * 2 + i)
        if x is None:
            return


ts = [threading.Thread(target=stage, args=(i,)) for i in range(3)]
[t.start() for t in ts]
for i in range(20):
    stages[0].put(i)
stages[0].put(None)
result = []
while (x := stages[3].get()) is not None:
    result.append(x)
print(result)
