import sys
def hook(args):
    raise ValueError("in hook")
sys.unraisablehook = hook
class A:
    def __del__(self):
        1 / 0
A()
print("goes on")
