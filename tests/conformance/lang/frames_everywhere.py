# Frames of other threads, of generators that throw, of comprehensions in classes; what stays of a generator that ended.
import sys
def g():
    yield 1
x=g(); list(x); print(x.gi_code is g.__code__, x.gi_frame)
async def c(): pass
y=c(); y.close(); print(y.cr_code is c.__code__)
# throw through yield from
def inner():
    yield 1
def outer():
    yield from inner()
o=outer(); next(o)
import traceback
try: o.throw(ValueError('x'))
except ValueError as e: print([f.name for f in traceback.extract_tb(e.__traceback__)])
class It:
    def __iter__(s): return s
    def __next__(s): return 1
    def throw(s, e):
        f=sys._getframe(); l=[]
        while f: l.append(f.f_code.co_name); f=f.f_back
        print(l)
        raise e
def outer2(): yield from It()
o=outer2(); next(o)
try: o.throw(ValueError('x'))
except ValueError as e: print([f.name for f in traceback.extract_tb(e.__traceback__)])
def inner3():
    try: yield 1
    except ValueError:
        f=sys._getframe(); l=[]
        while f: l.append(f.f_code.co_name); f=f.f_back
        print(l); raise
def outer3(): yield from inner3()
o=outer3(); next(o)
try: o.throw(ValueError('x'))
except ValueError as e: print([f.name for f in traceback.extract_tb(e.__traceback__)])
def mk():
    return c()
sys.set_coroutine_origin_tracking_depth(2)
y=mk(); print([(l,n) for f,l,n in y.cr_origin]); y.close()
sys.set_coroutine_origin_tracking_depth(0)
y=mk(); print(y.cr_origin); y.close()
class A:
    v=1
    l=[locals() for i in range(1)]
    print(sorted(k for k in l[0] if not k.startswith('__')))
    def f(): pass
    m=[sorted(k for k in locals() if k[0]!='_') for q in range(1)]
    print(m)
class B:
    global zz
    zz=[i for i in range(3)]
    yy=[zz for i in range(1)]
    print(yy)
print(zz)
class C:
    x=1
    print([sys._getframe().f_locals is locals() for i in range(1)])
    print([eval('i') for i in range(2)], [x for x in range(2)], x)
    global gg
    gg=5
    print([gg for gg in range(2)], gg)
print(gg)
import threading
ev=threading.Event(); st=threading.Event()
def th():
    try: 1/0
    except ZeroDivisionError:
        st.set(); ev.wait()
t=threading.Thread(target=th); t.start(); st.wait()
d=sys._current_frames(); print(len(d), t.ident in d, threading.get_ident() in d)
f=d[t.ident]; l=[]
while f: l.append(f.f_code.co_name); f=f.f_back
print(l[l.index('th'):])
e=sys._current_exceptions(); print(type(e[t.ident]).__name__, e[threading.get_ident()])
ev.set(); t.join()
