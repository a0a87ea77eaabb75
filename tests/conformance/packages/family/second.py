#: skip
print("init second")
from . import first
NAME = "second after " + first.NAME
