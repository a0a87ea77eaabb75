# The built-in exception classes: hierarchy, attributes, constructors.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import builtins
def tree(cls, depth=0):
    print("  " * depth + cls.__name__)
    for sub in sorted(cls.__subclasses__(), key=lambda c: c.__name__):
        if getattr(builtins, sub.__name__, None) is sub:
            tree(sub, depth + 1)
tree(BaseException)
show("ValueError()", "ValueError('a')", "ValueError('a', 1)", "str(ValueError())", "str(ValueError('a', 1))", "KeyError('k')", "str(KeyError('k'))", "str(KeyError('a', 'b'))", "OSError()", "OSError(1)", "OSError(2, 'm')", "OSError(2, 'm', 'f')", "str(OSError(2, 'm', 'f'))", "str(OSError(2, 'm', 'f', None, 'g'))", "OSError(2, 'm').strerror", "OSError('x').errno", "FileNotFoundError('x')", "UnicodeEncodeError('ascii', 'é', 0, 1, 'r')", "str(UnicodeEncodeError('ascii', 'é', 0, 1, 'r'))", "str(UnicodeDecodeError('u', b'ab', 0, 2, 'r'))", "UnicodeDecodeError('a')", "StopIteration(1).value", "StopIteration().value", "SystemExit().code", "SystemExit(1, 2).code", "ImportError('m', name='n').name", "ImportError('m', foo=1)", "NameError('x', name='n').name", "AttributeError('x', obj=5).obj", "SyntaxError('m', ('f', 1, 2, 't')).lineno", "SyntaxError('m', ('f', 1, 2, 't'))", "str(SyntaxError('m', ('f.py', 1, 2, 't')))", "SyntaxError().msg", "Exception(x=1)", "BaseExceptionGroup('a', [ValueError()])", "ExceptionGroup('a', [])", "ExceptionGroup('a', [5])", "ExceptionGroup('a', [KeyboardInterrupt()])", "ExceptionGroup('m', [ValueError(1)]).message", "type(BaseExceptionGroup('a', [ValueError()])).__name__", "ExceptionGroup('a', [ValueError(1), TypeError(2)]).split(ValueError)", "ExceptionGroup('a', [ValueError(1)]).subgroup(KeyError)", "ExceptionGroup('a', [ValueError(1), TypeError()]).derive([KeyError()])", "str(ExceptionGroup('msg', [ValueError(1), ValueError(2)]))", "Exception.__doc__", "ValueError('a') == ValueError('a')", "issubclass(OSError, EnvironmentError)", "IOError is OSError", "Exception('é')", "Exception(('t',))", "MemoryError()", "RecursionError('x')", "StopAsyncIteration(1)", "Warning('w')", "DeprecationWarning('d')", "BlockingIOError(11, 'x', 5).characters_written", "type(OSError(11, 'x')).__name__", "type(OSError(32, 'x')).__name__", "type(OSError(1, 'x')).__name__", "type(OSError(110, 'x')).__name__")
e = ValueError("a")
e.extra = 1
e.args = (1, 2)
print(e, e.__dict__, e.__traceback__, e.__cause__, e.__context__, e.__suppress_context__)
for bad in ("e.__cause__ = 5", "e.__traceback__ = 5", "e.args = 5", "e.__context__ = 'x'", "raise e from 5"):
    try:
        exec(bad)
    except TypeError as x:
        print(bad, "->", x)
e.__cause__ = KeyError()
print(repr(e.__cause__), e.__suppress_context__)
try:
    raise e
except ValueError as caught:
    tb = caught.__traceback__
    print(caught is e, tb.tb_lineno > 0, tb.tb_next, tb.tb_frame.f_code.co_name)
print(e.with_traceback(None).__traceback__)
class Custom(ValueError, KeyError):
    def __init__(self, a, *, b=2):
        super().__init__(a)
        self.b = b
c = Custom(1, b=3)
print(repr(c), c.args, c.b, isinstance(c, LookupError), str(c))
class NoInit(Exception):
    pass
print(repr(NoInit(1, "x")), str(NoInit()), NoInit.__name__)
