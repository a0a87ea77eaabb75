# What the collector tells and keeps when it is asked to.
import gc, io, re, sys
class A: pass
def garbage():
    a, b = A(), []
    a.a = a; b.append(b)
def told(flags):
    sys.stderr = io.StringIO(); gc.set_debug(flags)
    garbage(); gc.collect()
    gc.set_debug(0); text = sys.stderr.getvalue(); sys.stderr = sys.__stderr__
    return sorted(re.sub("0x[0-9a-f]+", "0x", line) for line in text.splitlines() if "<A " in line or "<list " in line)
gc.collect(); gc.disable()
print(told(gc.DEBUG_COLLECTABLE), told(0), gc.garbage)
print(told(gc.DEBUG_LEAK), sorted(type(g).__name__ for g in gc.garbage if type(g) in (A, list)))
gc.garbage.clear(); gc.collect()
gc.set_debug(gc.DEBUG_SAVEALL); garbage(); gc.collect()
print(sorted(type(g).__name__ for g in gc.garbage if type(g) in (A, list)))
gc.garbage.clear(); gc.set_debug(0); gc.collect()
class Deleted:
    told = 0
    def __del__(self): Deleted.told += 1
def deleted():
    d = Deleted(); d.d = d
sys.stderr = io.StringIO(); gc.set_debug(gc.DEBUG_COLLECTABLE); deleted(); gc.collect(); gc.set_debug(0)
print(sys.stderr.getvalue().count("<Deleted "), Deleted.told); sys.stderr = sys.__stderr__
# Collections that nobody asks for keep garbage too.
gc.enable(); gc.set_debug(gc.DEBUG_SAVEALL)
for _ in range(500_000):
    garbage()
    if gc.garbage: break
gc.set_debug(0)
print(any(type(g) is A for g in gc.garbage))
gc.garbage.clear()
