import atexit, sys
atexit.register(lambda: print("last"))
atexit.register(sys.exit, 4)
print("main")
