# contextlib.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


from contextlib import *
import io
@contextmanager
def cm(name, swallow=False):
    print("enter", name)
    try:
        yield name.upper()
    except ValueError as e:
        print("caught", e)
        if not swallow:
            raise
    finally:
        print("exit", name)
with cm("a") as v:
    print(v)
with cm("b", swallow=True):
    raise ValueError("boom")
try:
    with cm("c"):
        raise ValueError("out")
except ValueError as e:
    print("outside", e)
@cm("decorator")
def f(x): return x * 2
print(f(4))
@contextmanager
def noyield():
    if False:
        yield
@contextmanager
def twice():
    yield 1
    yield 2
for bad in (noyield, twice):
    try:
        with bad():
            pass
    except RuntimeError as e:
        print(e)
with suppress(KeyError, ZeroDivisionError):
    {}["x"]
with suppress():
    pass
try:
    with suppress(KeyError):
        raise TypeError("not this")
except TypeError as e:
    print(e)
class Closable:
    def close(self): print("closed")
with closing(Closable()) as c:
    print(type(c).__name__)
buf = io.StringIO()
with redirect_stdout(buf):
    print("hidden")
print(repr(buf.getvalue()))
with redirect_stderr(io.StringIO()) as err:
    import sys
    print("e", file=sys.stderr)
print(err.getvalue())
with ExitStack() as stack:
    names = [stack.enter_context(cm(n)) for n in "xy"]
    stack.callback(print, "callback", 1)
    stack.push(lambda *exc: print("push", exc[0]))
    print(names)
try:
    with ExitStack() as stack:
        stack.enter_context(cm("p"))
        stack.callback(lambda: 1 / 0)
        raise KeyError("k")
except ZeroDivisionError as e:
    print(e, repr(e.__context__))
stack = ExitStack()
stack.callback(print, "later")
moved = stack.pop_all()
stack.close(); print("nothing yet"); moved.close()
with nullcontext(5) as n:
    print(n)
class D(ContextDecorator):
    def __enter__(self): print("D in"); return self
    def __exit__(self, *e): print("D out"); return False
@D()
def g(): print("in g")
g(); g()
class A(AbstractContextManager):
    def __exit__(self, *e): print("A exit")
with A() as a:
    print(isinstance(a, A))
print(issubclass(io.StringIO, AbstractContextManager), isinstance(Closable(), AbstractContextManager))
import os
here = os.getcwd()
with chdir("/"):
    print(os.getcwd())
print(os.getcwd() == here)
show("ExitStack().enter_context(5)", "closing(5).__exit__(None, None, None)", "cm()")
