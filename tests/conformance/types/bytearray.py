# bytearray.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


b = bytearray(b"hello")
b[0] = 72
b.append(33)
b.extend(b" you")
b += b"?"
print(b, len(b), b[1], b[1:3], type(b[1:3]).__name__)
b[1:3] = b"EEE"
print(b)
del b[0]
del b[-2:]
b.insert(2, 45)
print(b, b.pop(), b.pop(0), b)
b.remove(45)
b.reverse()
print(b)
b[::2] = b"......"[: len(b[::2])]
print(b)
b *= 2
print(b, b.count(b"."), b.find(b"E"), bytes(b), b.copy() == b, b == bytes(b))
b.clear()
print(b, bool(b))
show("bytearray(3)", "bytearray('é', 'utf-8')", "bytearray([1, 2])", "bytearray(b'x') + b'y'", "b'x' + bytearray(b'y')", "bytearray(b'abc').upper()", "bytearray(b'a b').split()", "bytearray(b',').join([b'a', bytearray(b'b')])", "bytearray(b'abc').decode()", "bytearray(b'abc').hex()", "bytearray.fromhex('6162')", "bytearray(b'abc') < b'abd'", "hash(bytearray())", "bytearray(b'a')[5]", "bytearray(b'abc').replace(b'b', b'')", "bytearray(b'abc').translate(None, b'a')", "bytearray([300])", "bytearray(b'abc').pop(7)", "bytearray().pop()", "bytearray(b'a').remove(1)", "bytearray(b'ab').append(256)", "bytearray(b'ab').append('x')", "bytearray(b'abc').startswith(b'a')", "bytearray('x')", "97 in bytearray(b'a')", "list(bytearray(b'ab'))", "bytearray(b'abc')[::-1]", "bytearray(b'%d') % 5", "bytearray(b'a') * 3", "bytearray(b'abc').isalpha()", "bytearray(b' a ').strip()", "bytearray(b'a\\nb').splitlines()", "bytearray(b'a').zfill(3)")
x = bytearray(b"abc")
m = memoryview(x)
m[0] = 122
print(x)
try:
    x.append(1)
except BufferError as e:
    print(e)
m.release()
x.append(1)
print(x)
try:
    x[0] = 256
except ValueError as e:
    print(e)
try:
    x[9] = 1
except IndexError as e:
    print(e)
y = bytearray(10)
for i in range(10):
    y[i] = i * i
print(y, sum(y), max(y), y[2:8:2], [hex(v) for v in y])
y[2:8:2] = b"abc"
print(y)
try:
    y[2:8:2] = b"ab"
except ValueError as e:
    print(e)
z = y
z += b"x"
print(z is y)
