"""What a call that is one too deep was given is released."""
import gc, weakref
class Box: pass
refs = []
def deeper(box):
    new = Box()
    refs.append(weakref.ref(new))
    deeper(new)
def deeper_named(box):
    new = Box()
    refs.append(weakref.ref(new))
    deeper_named(box=new)
class Deep:
    def m(self):
        new = Deep()
        refs.append(weakref.ref(new))
        f = new.m
        f()
for f in (deeper, deeper_named, lambda b: Deep().m()):
    try:
        f(Box())
    except RecursionError:
        pass
    gc.collect()
    print(sum(r() is not None for r in refs), len(refs) > 100)
