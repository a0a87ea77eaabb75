import sys


def hook(kind, value, tb):
    raise KeyError("hook fails")


sys.excepthook = hook
1 / 0
