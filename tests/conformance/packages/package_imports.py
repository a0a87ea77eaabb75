# Packages: relative imports, circular imports, failing imports, namespace packages, reload.
import sys

import family
print(family.first_name, family.__doc__, family.first.NAME, hasattr(family, "second"), family.__name__)
print(family.first.use_second(), hasattr(family, "second"))
import family.inner.leaf as leaf
from family.inner import LEAF
print(leaf.VALUE, LEAF, family.inner.leaf is leaf, sys.modules["family.inner.leaf"] is leaf)
ns = {}
exec("from family import *", ns)
print(sorted(k for k in ns if not k.startswith("__")))
import circle_a
print(circle_a.VALUE)
for i in range(2):
    try:
        import raises
    except ValueError as e:
        print(e, "raises" in sys.modules)
try:
    import family.inner.broken
except ImportError as e:
    print(type(e).__name__, e)
print("family.inner.broken" in sys.modules)
import spaced.module
print(spaced.module.VALUE, spaced.__file__ if hasattr(spaced, "__file__") else None, type(spaced.__path__).__name__)
import importlib
import reloaded
print(reloaded.counter, importlib.reload(reloaded) is reloaded, reloaded.counter)
for code in ("import family.nothing", "from family import nothing", "from family.first import nothing", "import nothing.at.all", "from . import x", "import family.first.deeper", "importlib.import_module('.first', 'family').NAME", "importlib.import_module('.first')", "importlib.reload(5)", "importlib.util.find_spec('family.first').name", "importlib.util.find_spec('nothing')"):
    try:
        if code.startswith("importlib"):
            import importlib.util
            print(code, "=", eval(code))
        else:
            exec(code)
            print(code, "ok")
    except Exception as e:
        print(code, "->", type(e).__name__, str(e).split(" (")[0])
del sys.modules["family.first"]
import family.first
print(family.first.NAME, sys.modules["family.first"] is family.first)
sys.modules["blocked"] = None
try:
    import blocked
except ImportError as e:
    print(type(e).__name__, e)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("virtual"):
            from importlib.machinery import ModuleSpec

            return ModuleSpec(name, Loader, is_package=name == "virtual")


class Loader:
    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        module.made = f"made {module.__name__}"


sys.meta_path.append(Finder)
import virtual.sub
print(virtual.made, virtual.sub.made, virtual.__spec__.name)
print(family.__spec__.name, family.__spec__.parent, family.__package__, family.first.__spec__.parent, __spec__, __package__)
m = sys.modules[__name__]
print(m.__name__, m.m is m)
import family as again
print(again is family)
real_import = __import__
seen = []
import builtins
def watching(name, *args, **kw):
    seen.append(name)
    return real_import(name, *args, **kw)
builtins.__import__ = watching
import json, textwrap as tw
builtins.__import__ = real_import
print(seen[0], "textwrap" in seen)
