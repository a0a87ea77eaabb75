import threading, time


def forever():
    while True:
        time.sleep(0.001)


def spin():
    n = 0
    while True:
        n += 1


for f in (forever, spin):
    threading.Thread(target=f, daemon=True).start()
time.sleep(0.02)
print("main ends")
