# memoryview, id, hash, isinstance, getattr, vars and other built-in functions.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


m = memoryview(bytearray(range(10)))
print(m[3], m[2:5].tolist(), bytes(m[::-2]), len(m), m.shape, m.strides, m.ndim, m.contiguous, m.nbytes)
m[0] = 99
m[1:3] = b"ab"
print(m.tobytes(), m.obj is not None, m.hex(), 99 in m, list(m)[:3])
c = m.cast("H")
print(len(c), c.itemsize, c.format)
with memoryview(b"x") as w:
    print(w[0])
try:
    w[0]
except ValueError as e:
    print(e)
show("memoryview('a')", "memoryview(b'ab') == b'ab'", "hash(memoryview(b'a')) == hash(b'a')", "memoryview(b'abc')[5]", "abs(-1.5)", "all([])", "any([0])", "ascii('é')", "callable(print)", "chr(97)", "dir([])[:2]", "divmod(7, 2)", "getattr(1, 'real')", "getattr(1, 'x', 'd')", "getattr(1, 'x')", "getattr(1, 5)", "hasattr(1, 'real')", "hash('a') == hash('a')", "id(1) == id(1)", "isinstance(1, (str, int))", "isinstance(1, 5)", "issubclass(bool, int)", "issubclass(1, int)", "isinstance([], list | tuple)", "isinstance(1, list[int])", "iter([1]) is not None", "len({})", "max(1, 2)", "next(iter([1]))", "ord('a')", "pow(2, 3)", "repr('a')", "reversed([1]) is not None", "round(1.5)", "sorted([2, 1])", "str(1)", "sum([1, 2], 10)", "type(1)", "vars(1)", "zip([1])  is not None", "eval('1 +')", "eval('x_')", "compile('1', 'f', 'bad')", "exec('1')", "setattr(1, 'x', 1)", "delattr(1, 'x')", "globals() is globals()", "abs('a')", "chr('a')", "hash([])", "len(1)", "ord(1)", "round('a')", "sum(1)", "sum(['a', 'b'])", "sum([b'a'], b'')", "sum(['a'], '')", "input.__name__", "open('no such file')", "open('/')", "__import__('nope')", "breakpoint.__name__", "type('X', (), {})().__class__.__name__", "bin(3), oct(3), hex(3)", "print('a', 'b', sep='-')", "print(end='')", "print('x', sep=1)", "print(1, 2, sep=None, end=None)", "slice(1)", "staticmethod(len)(  [1])", "super()", "property().fget", "object()  is not None", "enumerate([1]).__next__()", "filter(5, [1]).__next__()", "map(5, [1]).__next__()", "format(1.5, '.2f')", "id('a') == id('b')", "dict(a=1) | dict(b=2)", "int.__subclasses__()[:1]", "isinstance(type, object)", "isinstance(object, type)", "type(type)", "aiter(5)", "anext(5)")
