import sys
def hook(args):
    print("hook", args.exc_type.__name__, args.exc_value, args.err_msg)
sys.unraisablehook = hook
class A:
    def __del__(self):
        1 / 0
A()
print("goes on")
