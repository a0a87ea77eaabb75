# import forms and module attributes.
import math
import os.path
import os.path as osp
import collections.abc
from math import sqrt, floor as fl
from collections import (
    OrderedDict,
    deque as dq,
)
import sys

print(math.sqrt(16), osp is os.path, sqrt(9), fl(2.7), dq([1]), collections.abc.Mapping.__name__)
print(__name__, math.__name__, type(math).__name__, "math" in sys.modules)
for bad in ("import no_such_module", "from math import no_such_name", "import math.sub", "from no_such import x", "import os.nothing", "from . import x", "from .x import y", "import collections.nothing"):
    try:
        exec(bad)
    except ImportError as e:
        print(type(e).__name__, "|", str(e).split(" (")[0], "|", e.name)
ns = {}
exec("from string import *", ns)
print("ascii_letters" in ns, "_re" in ns)


def local_import():
    import json
    from json import dumps

    return json.dumps is dumps


print(local_import(), "json" in globals())
m = type(sys)("made")
m.value = 5
sys.modules["made"] = m
import made
from made import value

print(made.value, value, made)
try:
    from made import other
except ImportError as e:
    print(e)
try:
    made.nothing
except AttributeError as e:
    print(e)
m.__getattr__ = lambda name: f"dynamic {name}"
print(made.anything)
from made import whatever

print(whatever)
print(__import__("math") is math, __import__("os.path").__name__, __import__("os.path", fromlist=["join"]) is os.path)
import importlib

print(importlib.import_module("json.decoder").__name__, importlib.import_module("math") is math)
exec(compile("from __future__ import annotations\ndef f(x: undefined): pass\nprint(f.__annotations__)", "future", "exec"))
