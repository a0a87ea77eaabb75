import threading
def hook(args):
    raise ValueError("in hook")
threading.excepthook = hook
t = threading.Thread(target=lambda: 1 / 0, name="worker")
t.start()
t.join()
print("goes on")
