import sys


class Noisy:
    def __del__(self):
        print("del")


def f():
    n = Noisy()
    try:
        sys.exit("leaving")
    finally:
        print("finally")


f()
