import sys
def hook(t, v, tb):
    print("hook", t.__name__)
    sys.exit(5)
sys.excepthook = hook
1 / 0
