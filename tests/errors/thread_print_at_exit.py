import threading, time, atexit

atexit.register(print, "atexit runs last")
t = threading.Thread(target=lambda: (time.sleep(0.05), print("worker done")))
t.start()
raise SystemExit(4)
