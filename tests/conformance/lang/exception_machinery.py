def t(f, *a, **k):
    try: print(f(*a, **k))
    except BaseException as e: print(type(e).__name__, e)
for x in [lambda: ImportError(x=1), lambda: ImportError('a','b',name='q'), lambda: NameError(x=1), lambda: ValueError(a=1), lambda: OSError(a=1), lambda: SyntaxError('a',(1,)), lambda: SyntaxError('a',(1,2,3,4,5)), lambda: UnicodeDecodeError(1), lambda: UnicodeDecodeError('a','b',1,2,'c'), lambda: UnicodeEncodeError('a',b'b',1,2,'c'), lambda: BaseExceptionGroup(), lambda: BaseExceptionGroup(1,2), lambda: BaseExceptionGroup('1',2), lambda: BaseExceptionGroup('1',[]), lambda: BaseExceptionGroup('1',[1]), lambda: ExceptionGroup('1',[KeyboardInterrupt()]), lambda: ExceptionGroup('1',[ValueError()],a=1), lambda: setattr(ValueError(),'__cause__',1), lambda: delattr(ValueError(),'__cause__'), lambda: setattr(ValueError(),'__traceback__',1), lambda: setattr(ValueError(),'__suppress_context__',1), lambda: delattr(ValueError(),'args'), lambda: ValueError().__setstate__(1), lambda: ValueError().add_note(1), lambda: str(UnicodeDecodeError('a',b'b',0,1,'c')), lambda: str(UnicodeEncodeError('a','\u1234x',0,1,'c')), lambda: str(UnicodeTranslateError('\u1234x',0,2,'c')), lambda: BlockingIOError(1,2,3).characters_written, lambda: BlockingIOError(1,2).characters_written, lambda: AttributeError('x',name='a',obj=1).__reduce__(), lambda: ImportError('x',name='a').__reduce__(), lambda: OSError(2,'no','f').__reduce__(), lambda: OSError(2,'no','f',None,'g').__reduce__(), lambda: type('X',(ExceptionGroup,),{})('a',[KeyboardInterrupt()]), lambda: ExceptionGroup('1',[ValueError()]).split(1), lambda: ExceptionGroup('1',[ValueError()]).exceptions, lambda: repr(ExceptionGroup('1',[ValueError(), TypeError(1)])), lambda: OSError(2,'x'), lambda: str(OSError(2,'x','file')), lambda: type(OSError(13,'p')), lambda: repr(KeyError('a')), lambda: str(KeyError('a')), lambda: StopIteration(3).value, lambda: SystemExit(3).code, lambda: SystemExit(1,2).code, lambda: SyntaxError('bad', ('f.py', 3, 4, 'text')), lambda: SyntaxError('bad', ('f.py', 3, 4, 'text', 3, 6)).end_offset, lambda: repr(Exception()), lambda: repr(Exception(1)), lambda: repr(Exception(1,'a')), lambda: str(Exception(1,'a')), lambda: Exception(1).args]:
    t(x)
class MyE(Exception):
    def __init__(self, a, *, k): super().__init__(a); self.k = k
try: raise MyE(1, k=2)
except MyE as e: print(e, e.args, e.k, e.__dict__, e.__traceback__.tb_lineno)
class MyOS(OSError):
    def __init__(self, *a): super().__init__(*a)
e = MyOS(2, 'gone', 'f'); print(e, e.errno, e.filename, type(e))
try:
    try: 1/0
    except ZeroDivisionError as z: raise ValueError('v') from z
except ValueError as e: print(repr(e.__cause__), repr(e.__context__), e.__suppress_context__)
try:
    try: 1/0
    except ZeroDivisionError: raise ValueError('v')
except ValueError as e: print(repr(e.__cause__), repr(e.__context__), e.__suppress_context__)
e = ValueError('x'); e.add_note('n1'); e.add_note('n2'); print(e.__notes__)
try: raise ValueError('x').with_traceback(None)
except ValueError as e: print(e)
try:
    raise ExceptionGroup('eg', [ValueError(1), TypeError(2), ExceptionGroup('n', [ValueError(3), KeyError(4)])])
except* ValueError as g: print('V', repr(g))
except* TypeError as g: print('T', repr(g))
except* KeyError as g: print('K', repr(g))
try:
    try: raise ExceptionGroup('eg', [ValueError(1), TypeError(2)])
    except* ValueError as g: print('V', repr(g))
except ExceptionGroup as e: print('rest', repr(e))
try:
    try: raise ValueError('naked')
    except* ValueError as g: print(repr(g)); raise
except BaseException as e: print(repr(e), type(e.__context__))
try:
    try: raise ExceptionGroup('eg', [ValueError(1), TypeError(2)])
    except* ValueError as g: raise KeyError('new')
except BaseException as e: print(repr(e), repr(e.__context__))
try:
    try: raise ValueError(1)
    except* ExceptionGroup: pass
except TypeError as e: print(e)
eg = ExceptionGroup('eg', [ValueError(1), TypeError(2), ExceptionGroup('n', [ValueError(3), KeyError(4)])])
print(eg.split(ValueError)); print(eg.subgroup(lambda e: isinstance(e, KeyError)))
for c in (1, 'x', object, int, None):
    try: raise c
    except TypeError as e: print(e)
try:
    try: raise ValueError
    except 1: pass
except TypeError as e: print(e)
print(issubclass(KeyError, LookupError), FileNotFoundError.__mro__, ExceptionGroup.__mro__)
def gen():
    x = yield 1
    print('got', x)
    try: yield 2
    except ValueError as e: print('caught', e); yield 'c'
    finally: print('fin')
    return 9
g = gen(); print(next(g), g.send('hi'), g.throw(ValueError('v')))
try: next(g)
except StopIteration as e: print('stop', e.value)
print(g.gi_running, g.gi_frame, g.__name__, g.gi_suspended, g.gi_yieldfrom)
def outer():
    r = yield from gen(); print('r', r)
g = outer(); next(g); print(g.gi_yieldfrom.__name__); print(g.send('zz')); print(g.throw(ValueError('q')));
try: next(g)
except StopIteration as e: print('done', e.value)
g = outer(); next(g); next(g); g.close(); print('closed')
g = gen(); t(g.send, 1); g.close(); t(next, g); t(gen().throw, ValueError('z')); t(gen().throw, 1)
def bad():
    try: yield 1
    finally: yield 2
g = bad(); next(g); t(g.close)
def ret(): 
    try: yield 1
    except GeneratorExit: return 7
g = ret(); next(g); print(g.close())
def pep479(): yield 1; raise StopIteration
g = pep479(); next(g); t(next, g)
print(list(gen()) if False else 'x')
print([x for x in (y*2 for y in [1,2,3])])
async def co(a):
    return a + 1
async def co2(): return await co(5)
c = co2(); 
try: c.send(None)
except StopIteration as e: print('co', e.value)
t(c.send, None)
async def ag():
    yield 1
    x = yield 2
    print('x', x)
a = ag(); 
def run(aw):
    try: 
        it = aw.__await__()
        while True: next(it)
    except StopIteration as e: return e.value
print(run(a.__anext__()), run(a.asend(None))); t(run, a.asend(5)); 
a = ag(); run(a.__anext__()); print(run(a.aclose())); t(run, a.__anext__())
async def use():
    out = []
    async for i in ag(): out.append(i)
    return out, [i async for i in ag()]
print(run(use()))
class W:
    def __await__(self): yield 'w'; return 'res'
async def aw(): return await W()
c = aw(); print(c.send(None)); t(c.send, None)
t(lambda: co(1).close())
