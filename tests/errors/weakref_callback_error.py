import weakref
class A:
    pass
a = A()
def callback(ref):
    1 / 0
r = weakref.ref(a, callback)
del a
print("goes on")
