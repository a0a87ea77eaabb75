# try/except/else/finally, raise from, context, notes, custom exceptions, ordering of finally.
def run(n):
    try:
        print("try", n)
        if n == 1:
            raise ValueError("one")
        if n == 2:
            raise KeyError("two")
        if n == 3:
            raise TypeError("three")
    except ValueError as e:
        print("ValueError", e)
    except (KeyError, IndexError) as e:
        print("lookup", e, repr(e))
    else:
        print("else")
    finally:
        print("finally")


for n in range(4):
    try:
        run(n)
    except TypeError as e:
        print("outer", e)


def finally_return():
    try:
        return "try"
    finally:
        print("cleanup")


def loop_finally():
    out = []
    for i in range(5):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            out.append(i)
        finally:
            out.append(("f", i))
    return out


print(finally_return(), loop_finally())


def nested():
    try:
        try:
            1 / 0
        finally:
            print("inner finally")
    except ZeroDivisionError as e:
        print("caught", e)
        try:
            raise RuntimeError("second")
        except RuntimeError as r:
            print(repr(r.__context__), r.__cause__)
    finally:
        print("outer finally")


nested()
try:
    try:
        {}["missing"]
    except KeyError as e:
        raise ValueError("wrapped") from e
except ValueError as e:
    print(repr(e.__cause__), e.__suppress_context__, e.__context__ is e.__cause__)
try:
    try:
        {}["missing"]
    except KeyError:
        raise ValueError("hidden") from None
except ValueError as e:
    print(e.__cause__, e.__suppress_context__, repr(e.__context__))


class MyError(Exception):
    def __init__(self, code, *rest):
        super().__init__(code, *rest)
        self.code = code

    def __str__(self):
        return f"my error {self.code}"


try:
    raise MyError(5, "detail")
except MyError as e:
    print(e, repr(e), e.args, e.code)
try:
    raise MyError
except TypeError as e:
    print(e)
e = ValueError("noted")
e.add_note("first note")
e.add_note("second note")
print(e.__notes__)
try:
    e.add_note(5)
except TypeError as x:
    print(x)
try:
    try:
        raise IndexError("again")
    except IndexError:
        raise
except IndexError as e:
    print("re-raised", e, e.__traceback__ is not None)
for bad in ("raise 5", "raise ValueError from 5", "raise", "raise int"):
    try:
        exec(bad)
    except (TypeError, RuntimeError) as e:
        print(type(e).__name__, e)
try:
    try:
        raise ValueError
    except 5:
        pass
except TypeError as e:
    print(e)
for make in (Exception, lambda: Exception(1), lambda: Exception(1, 2), lambda: KeyError("k"), lambda: OSError(2, "No such", "file"), lambda: StopIteration(3),
             lambda: SystemExit(4), lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), lambda: ImportError("m", name="n", path="p"), lambda: AttributeError("a", name="n", obj=1), lambda: SyntaxError("s", ("f", 1, 2, "text"))):
    e = make()
    print(type(e).__name__, str(e), repr(e), e.args)
print(type(OSError(2, "x")).__name__, type(OSError(13, "x")).__name__, type(OSError(17, "x")).__name__, OSError(2, "x", "f").filename, OSError(2, "x").errno, StopIteration(5).value, SystemExit(6).code)
print([c.__name__ for c in RecursionError.__mro__], [c.__name__ for c in FileNotFoundError.__mro__], [c.__name__ for c in UnicodeDecodeError.__mro__])
try:
    raise ExceptionGroup("group", [ValueError(1), TypeError(2), ExceptionGroup("deep", [ValueError(3), KeyError(4)])])
except* ValueError as g:
    print("values", g.exceptions, [str(x) for x in g.exceptions[1].exceptions])
except* TypeError as g:
    print("types", g)
except* KeyError as g:
    print("keys", repr(g))
try:
    try:
        raise ExceptionGroup("g", [ValueError(1), OSError(2)])
    except* ValueError:
        print("value part")
except ExceptionGroup as g:
    print("left", g, g.exceptions)
try:
    raise ValueError("plain")
except* ValueError as g:
    print(repr(g))


def generator_cleanup():
    try:
        yield 1
        yield 2
    finally:
        print("generator closed")


for x in generator_cleanup():
    break
print("after loop")


def cleanup_order():
    log = []
    try:
        try:
            log.append(1)
            raise KeyError
        except KeyError:
            log.append(2)
            raise ValueError
        finally:
            log.append(3)
    except ValueError as e:
        log.append(type(e.__context__).__name__)
    finally:
        log.append(4)
    return log


print(cleanup_order())


import sys

try:
    raise ValueError("info")
except ValueError:
    print(sys.exc_info()[0].__name__, sys.exc_info()[1], sys.exception())
print(sys.exc_info(), sys.exception())
