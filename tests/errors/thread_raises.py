import threading


def work(n):
    return 10 / n


t = threading.Thread(target=work, args=(0,), name="worker")
t.start()
t.join()
print("main goes on")
