# sys.monitoring (PEP 669): events of each kind, local and global, DISABLE and restart_events, errors in callbacks.
import sys
m, E = sys.monitoring, sys.monitoring.events
TOOL, OTHER = 3, 4
m.use_tool_id(TOOL, "test")
m.use_tool_id(OTHER, "other")
print(m.get_tool(TOOL), m.get_tool(5), sorted(n for n in vars(E)))

def name_of(v):
    if v is m.MISSING: return "MISSING"
    if isinstance(v, BaseException): return type(v).__name__
    if isinstance(v, C): return "a C"
    return getattr(v, "co_name", None) or getattr(v, "__name__", None) or v

def watch(events, fn, *args, tool=TOOL, local=True, result=None):
    log = []
    names = [n for n in vars(E) if n not in ("NO_EVENTS", "BRANCH") and events & getattr(E, n)]
    for n in names:
        def callback(code, *rest, n=n):
            if code.co_filename == __file__ and code is not watch.__code__:
                log.append((n, *map(name_of, (code, *rest))))
                return result
        m.register_callback(tool, getattr(E, n), callback)
    if local: m.set_local_events(tool, fn.__code__, events)
    else: m.set_events(tool, events)
    try:
        fn(*args)
    except Exception as e:
        log.append(repr(e))
    finally:
        if local: m.set_local_events(tool, fn.__code__, 0)
        else: m.set_events(tool, 0)
    for n in names:
        m.register_callback(tool, getattr(E, n), None)
    return log

def show(title, log):
    print("--", title)
    for row in log:
        print("  ", row)

def loops(n):
    out = []
    for i in range(n):
        if i > 0:
            out.append(i)
    while n:
        n -= 1
    return out

def gen():
    x = yield 1
    yield x
    return 2

def drives():
    yield from gen()

def runs():
    list(drives())

class C:
    def __init__(self): self.a = 1
    def method(self, x): return x
    def __call__(self): return 5

def calls():
    c = C()
    c.method(1)
    c()
    len([1])
    (lambda *a, **k: None)(*(1, 2), k=3)
    print(*(), end="")
    "a".join(["b"])
    int("x")

def handles():
    try:
        {}["k"]
    except KeyError:
        try:
            raise ValueError
        finally:
            pass

show("lines", watch(E.LINE, loops, 2))
show("jumps and branches", watch(E.JUMP | E.BRANCH_LEFT | E.BRANCH_RIGHT, loops, 2))
show("instructions", watch(E.INSTRUCTION, lambda a=1: a))
show("frames", watch(E.PY_START | E.PY_RETURN | E.PY_YIELD | E.PY_RESUME | E.STOP_ITERATION, drives().__next__ and drives, ))
show("generators", watch(E.PY_START | E.PY_RETURN | E.PY_YIELD | E.PY_RESUME, runs, local=False))
show("calls", watch(E.CALL | E.C_RETURN | E.C_RAISE, calls))
show("exceptions", [r[:2] + r[3:] for r in watch(E.RAISE | E.EXCEPTION_HANDLED | E.RERAISE | E.PY_UNWIND, handles, local=False) if isinstance(r, tuple)])
show("disabled lines", watch(E.LINE, loops, 3, result=m.DISABLE))
show("still disabled", watch(E.LINE, loops, 3))
m.restart_events()
show("restarted", watch(E.LINE, loops, 1))

def thrown():
    g = gen()
    next(g)
    try: g.throw(OSError)
    except OSError: pass
show("throw", [r[:2] + r[3:] for r in watch(E.PY_THROW | E.PY_UNWIND, thrown, local=False)])

def bad(code, line):
    raise RuntimeError("callback")
m.register_callback(TOOL, E.LINE, bad)
m.set_local_events(TOOL, loops.__code__, E.LINE)
try:
    loops(1)
except RuntimeError as e:
    print(e)
m.set_local_events(TOOL, loops.__code__, 0)

def disable(*a): return m.DISABLE
m.register_callback(TOOL, E.RAISE, disable)
m.set_events(TOOL, E.RAISE)
try:
    try: {}["x"]
    except KeyError: print("not reached")
except ValueError as e:
    print(e)
m.set_events(TOOL, 0)

# Two tools: both are told, each disables for itself.
log = []
m.register_callback(TOOL, E.PY_START, lambda *a: log.append("test"))
m.register_callback(OTHER, E.PY_START, lambda *a: (log.append("other"), m.DISABLE)[1])
for t in (TOOL, OTHER):
    m.set_local_events(t, gen.__code__, E.PY_START)
list(gen()); list(gen())
print(log)
for t in (TOOL, OTHER):
    m.set_local_events(t, gen.__code__, 0)

# Code that runs already.
def running():
    seen = []
    m.register_callback(TOOL, E.LINE, lambda c, line: seen.append(line - c.co_firstlineno))
    m.set_local_events(TOOL, running.__code__, E.LINE)
    a = 1
    for b in (1, 2):
        a += b
    m.set_local_events(TOOL, running.__code__, 0)
    c = 3
    return seen, a, b, c
print(running())

for f in (lambda: m.use_tool_id(TOOL, "x"), lambda: m.use_tool_id(9, "x"), lambda: m.set_events(TOOL, 1 << 20), lambda: m.set_events(TOOL, E.C_RETURN), lambda: m.set_events(1, E.LINE), lambda: m.register_callback(TOOL, 3, None), lambda: m.set_local_events(TOOL, gen.__code__, E.RAISE), lambda: m.set_local_events(TOOL, None, 0)):
    try:
        print(f())
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
m.set_events(TOOL, E.BRANCH | E.CALL)
print(m.get_events(TOOL) == E.BRANCH_LEFT | E.BRANCH_RIGHT | E.CALL, m._all_events())
m.free_tool_id(TOOL)
print(m.get_tool(TOOL), m.get_events(TOOL), m._all_events())
m.free_tool_id(OTHER)
