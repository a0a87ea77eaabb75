# sys.settrace and sys.setprofile: events, local functions, jumps, opcodes, exceptions in the functions, generators, threads.
import sys, threading

def record(fn, *args, opcodes=False, lines=True):
    base, out = fn.__code__.co_firstlineno, []
    def tracer(frame, event, arg):
        if frame.f_code.co_filename != __file__:
            return None
        if opcodes:
            frame.f_trace_opcodes = True
        frame.f_trace_lines = lines
        line = None if frame.f_lineno is None else frame.f_lineno - base
        what = arg[0].__name__ if event == "exception" else arg
        out.append((frame.f_code.co_name, event, line, what))
        return tracer
    sys.settrace(tracer)
    try:
        fn(*args)
    except Exception as e:
        out.append(type(e).__name__)
    finally:
        sys.settrace(None)
    return out

def show(title, events):
    print("--", title)
    for e in events:
        print("  ", *e) if isinstance(e, tuple) else print("  ", e)

def plain(n):
    total = 0
    for i in range(n):
        if i % 2:
            total += i
        else:
            continue
    return total

def raising():
    try:
        1 / 0
    except ZeroDivisionError as e:
        x = 1
    finally:
        y = 2
    raise KeyError

def gen(n):
    got = yield n
    yield got
    return 7

def generators():
    g = gen(1)
    next(g); g.send(2)
    try:
        g.throw(ValueError)
    except ValueError:
        pass
    for _ in gen(3): pass
    list(gen(4))

def nested():
    def inner(a):
        return a + 1
    return [inner(i) for i in (1, 2)]

def with_block():
    class C:
        def __enter__(self): return 1
        def __exit__(self, *a): return True
    with C() as c:
        raise ValueError
    return 1

def matched(v):
    match v:
        case [a, b]:
            return a
        case {"k": x} if x:
            return x
        case _:
            return None

def oneline():
    i = 0
    while i < 2: i += 1

async def coro():
    async def one(): return 1
    return await one()

def run_coro():
    try: coro().send(None)
    except StopIteration: pass

for fn, args in ((plain, (3,)), (raising, ()), (generators, ()), (nested, ()), (with_block, ()), (matched, ({"k": 5},)), (oneline, ()), (run_coro, ())):
    show(fn.__name__, record(fn, *args))
show("opcodes", [e for e in record(lambda a=1: a + 1, opcodes=True)])
show("no lines", record(plain, 2, lines=False))

def jumped(out):
    out.append(1)
    for i in range(2):
        out.append(2)
    out.append(3)
    try:
        out.append(4)
    finally:
        out.append(5)
    out.append(6)

def jump(fn, at, to, event="line"):
    first, done = fn.__code__.co_firstlineno, []
    def tracer(frame, ev, arg):
        if frame.f_code is not fn.__code__:
            return None
        if ev == event and frame.f_lineno == first + at and not done:
            done.append(True)
            try:
                frame.f_lineno = first + to
            except ValueError as e:
                print("    ", e)
        return tracer
    out = []
    sys.settrace(tracer)
    try:
        fn(out)
    finally:
        sys.settrace(None)
    print("jump", at, to, event, out)

import warnings
warnings.simplefilter("ignore")
for at, to in ((1, 4), (1, 3), (3, 1), (3, 8), (4, 7), (6, 9), (6, 4), (1, 50), (1, -5), (9, 1)):
    jump(jumped, at, to)
jump(jumped, 0, 4, "call")
jump(jumped, 9, 1, "return")

def broken(frame, event, arg):
    raise RuntimeError("in trace function: " + event)
def target():
    return 1
sys.settrace(broken)
try:
    target()
except RuntimeError as e:
    print(e, sys.gettrace())

def switches_off(frame, event, arg):
    seen.append(event)
    if event == "line":
        sys.settrace(None)
    return switches_off
seen = []
sys.settrace(switches_off)
plain(1)
print(seen, sys.gettrace())

# Frames that run already: a frame traces once it has a function of its own.
def starts_here():
    a = 1
    frame = sys._getframe()
    lines = []
    def local(frame, event, arg):
        lines.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return local
    frame.f_trace = local
    sys.settrace(lambda *a: None)
    b = a + 1
    for c in (1, 2):
        b += c
    sys.settrace(None)
    return lines
print(starts_here())

def profiled():
    len("abc")
    [].append(1)
    try:
        int("x")
    except ValueError:
        pass
    return nested()
calls = []
def profiler(frame, event, arg):
    if frame.f_code.co_filename == __file__:
        calls.append((event, frame.f_code.co_name, getattr(arg, "__name__", arg)))
sys.setprofile(profiler)
profiled()
sys.setprofile(None)
for c in calls:
    print("profile", *c)

# Hooks belong to threads.
lines = []
def in_thread():
    x = 1
    return x
def tracer(frame, event, arg):
    if frame.f_code is in_thread.__code__:
        lines.append(event)
        return tracer
threading.settrace(tracer)
t = threading.Thread(target=in_thread)
t.start(); t.join()
threading.settrace(None)
in_thread()
print(lines, threading.gettrace(), sys.gettrace())
started, go = threading.Event(), threading.Event()
def worker():
    started.set()
    go.wait()
    in_thread()
t = threading.Thread(target=worker)
t.start(); started.wait()
lines.clear()
threading.settrace_all_threads(tracer)
go.set(); t.join()
threading.settrace_all_threads(None)
print(lines, sys.gettrace())

def call_traced(frame, event, arg):
    if event == "line" and frame.f_code is target.__code__:
        sys.call_tracing(traced_inside, ())
    if frame.f_code is traced_inside.__code__:
        order.append(event)
    return call_traced
def traced_inside():
    return 3
order = []
sys.settrace(call_traced)
target()
sys.settrace(None)
print(order)
