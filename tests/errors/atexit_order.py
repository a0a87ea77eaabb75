import atexit


@atexit.register
def first():
    print("registered first")


@atexit.register
def second():
    print("registered second")
    raise ValueError("in atexit")


atexit.register(print, "third", sep="")
1 / 0
