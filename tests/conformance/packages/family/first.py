#: skip
print("init first", __name__, __package__)
NAME = "first"
from . import __name__ as parent

def use_second():
    from . import second
    return second.NAME
