# bytes.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("bytes()", "bytes(3)", "bytes([1, 2, 255])", "bytes([256])", "bytes([-1])", "bytes('a')", "bytes('é', 'utf-8')", "bytes('é', 'ascii')", "bytes(b'x')", "bytes(bytearray(b'y'))", "bytes(-1)", "bytes(range(5))", "bytes(['a'])", "bytes(1.5)", "bytes((1, 2))", "bytes('a', 5)", "bytes(b'a', 'utf-8')", "b'a' 'b'" if False else "b'a' b'b'")
show("b'abc'", "b'\\x00\\xff\\n\\t\\\\'", "b\"it's\"", "b'\"\\''", "b'abc'[0]", "b'abc'[-1]", "b'abc'[1:]", "b'abc'[::-1]", "b'abc'[5]", "b'abc'['a']", "len(b'abc')", "list(b'abc')", "97 in b'abc'", "b'bc' in b'abc'", "'a' in b'abc'", "300 in b'abc'", "b'a' + b'b'", "b'a' + 'b'", "b'ab' * 3", "b'a' < b'b'", "b'a' == 'a'", "b'a' < 'a'", "hash(b'abc') == hash(b'abc')", "b'' or 'empty'")
show("b'abc'.hex()", "b'abcd'.hex(':')", "b'abcde'.hex('-', 2)", "b'abcde'.hex('-', -2)", "bytes.fromhex('61 62ff')", "bytes.fromhex('6')", "bytes.fromhex('zz')", "b'abc'.decode()", "b'\\xff'.decode()", "b'\\xe9'.decode('latin-1')", "b'abc'.decode('ascii', 'strict')", "b'\\xc3\\xa9'.decode('utf8')")
show("b'a,b,c'.split(b',')", "b' a b '.split()", "b'a,b,c'.rsplit(b',', 1)", "b'a\\nb\\r\\n'.splitlines()", "b'a=b'.partition(b'=')", "b'a=b'.rpartition(b'=')", "b','.join([b'a', b'b'])", "b','.join(['a'])", "b' x '.strip()", "b'xxaxx'.strip(b'x')", "b'abc'.replace(b'b', b'XX')", "b'abc'.find(b'c')", "b'abc'.find(99)", "b'abc'.index(b'z')", "b'banana'.count(b'an')", "b'banana'.rfind(b'an')", "b'abc'.startswith(b'ab')", "b'abc'.endswith((b'x', b'c'))", "b'abc'.startswith('a')", "b'aBc'.upper()", "b'aBc'.lower()", "b'aBc'.swapcase()", "b'hello world'.title()", "b'hello'.capitalize()", "b'abc'.center(7, b'*')", "b'a'.ljust(3)", "b'5'.zfill(3)", "b'a\\tb'.expandtabs(4)", "b'abc'.translate(bytes(range(256)))", "b'abc'.translate(None, b'b')", "bytes.maketrans(b'ab', b'xy')[97:99]", "b'abc'.removeprefix(b'a')", "b'abc'.removesuffix(b'c')")
show("b'abc'.isalpha()", "b'12'.isdigit()", "b'a1'.isalnum()", "b' '.isspace()", "b'Ab'.istitle()", "b'ab'.islower()", "b'AB'.isupper()", "b'a'.isascii()", "b'\\xff'.isascii()", "b'%d %s %x %a' % (1, b'b', 255, 'é')", "b'%s' % 'x'", "b'%b' % b'q'", "b'%c' % 65", "b'%5.1f|' % 2.25", "b'abc'.__getitem__(0)", "max(b'abc')", "sorted(b'cab')", "bytes(reversed(b'abc'))", "tuple(b'ab')", "b'abc'[0] = 1" if False else "int(b'12')", "float(b'1.5')", "repr(b'')", "str(b'a')", "b'a'.nope", "f'{b\"x\"}'", "b'ab'.__bytes__()")
try:
    b"abc"[0] = 1
except TypeError as e:
    print(e)
class B(bytes):
    pass
show("B(b'abc')", "B(b'a') + b'b'", "type(B(b'x').upper()).__name__", "B([1]) == b'\\x01'")
m = memoryview(b"hello")
print(m[0], bytes(m[1:3]), len(m), m.tobytes(), m.readonly, m.format, m.itemsize, m.nbytes, m[::-1].tolist(), m == b"hello")
try:
    m[0] = 1
except TypeError as e:
    print(e)
