import threading, time


def late():
    time.sleep(0.1)
    print("thread ends after main")


threading.Thread(target=late).start()
print("main ends")
