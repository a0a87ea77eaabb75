# struct.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import struct
from struct import *
show("pack('<i', 1)", "pack('>hIq', 1, 2, -3)", "pack('!BbHh', 255, -1, 65535, -2)", "pack('<f', 1.5)", "pack('<d', 0.1)", "pack('<e', 0.5)", "pack('3s', b'ab')", "pack('5p', b'abc')", "pack('?', True)", "pack('c', b'x')", "pack('<2h', 1, 2)", "pack('xx')", "pack('=q', 2 ** 63 - 1)", "pack('<Q', 2 ** 64 - 1)", "calcsize('<bih')", "calcsize('bih')", "calcsize('@bq')", "calcsize('')", "unpack('<i', b'\\x01\\0\\0\\0')", "unpack('>hh', b'\\0\\1\\0\\2')", "unpack('<f', pack('<f', 3.14))", "unpack('3s', b'abc')", "unpack('5p', b'\\3abc\\0')", "unpack('?c', b'\\1x')", "unpack_from('<h', b'zz\\1\\0', 2)", "list(iter_unpack('<h', b'\\1\\0\\2\\0'))", "unpack('<b', b'\\xff')", "unpack('<n', bytes(8)) if False else 0", "pack('@n', 5)", "pack('<F', 1j) if False else 0")
show("pack('<i', 2 ** 31)", "pack('<B', 256)", "pack('<b', -129)", "pack('<i', 'a')", "pack('<i', 1.5)", "pack('<i')", "pack('<i', 1, 2)", "pack('z', 1)", "pack('s', 'a')", "pack('c', b'ab')", "unpack('<i', b'abc')", "unpack('<hh', b'a')", "unpack_from('<i', b'ab')", "calcsize('9999999999999999999i')", "pack('<f', 1e300)", "pack('<f', 'x')", "pack('<d', 5)", "iter_unpack('<h', b'a')", "pack('<Q', -1)", "struct.error", "pack(5)", "pack('<e', 1e10)", "calcsize('5')")
s = Struct("<ih3s")
print(s.size, s.format, s.pack(1, 2, b"abc"), s.unpack(s.pack(7, 8, b"xyz")), repr(s)[:8])
buf = bytearray(12)
s.pack_into(buf, 2, 5, 6, b"q")
pack_into("<h", buf, 0, -1)
print(buf, s.unpack_from(buf, 2))
show("pack_into('<q', buf, 8, 1)", "pack_into('<h', b'ro', 0, 1)", "s.unpack_from(buf, 50)")
for fmt in "bBhHiIlLqQ":
    for order in "<>=@":
        size = calcsize(order + fmt)
        top = 2 ** (8 * size - (fmt.islower())) - 1
        assert unpack(order + fmt, pack(order + fmt, top)) == (top,), (order, fmt)
print([unpack("<d", pack("<d", v))[0] for v in (0.0, -0.0, 1e308, 5e-324, float("inf"))], unpack("<d", bytes(8)), unpack(">d", b"\x40\x09\x21\xfb\x54\x44\x2d\x18"), unpack("<e", b"\x00\x3c"), unpack("<f", b"\x00\x00\xc0\x7f")[0] != 0)
