"""Writes tests/data/*.txt: what CPython 3.14 answers, for the tests to compare with.

    python3.14 tools/gen_tests.py [folder [scale]]

Each line is tab separated fields: the question, then `=` and the answer or `!` and exception type and message.
Characters outside printable ASCII, tabs and backslashes are written `\\{hex}`. A larger scale makes more random cases;
the tests read another folder when TYPHON_TEXT_DATA names one.
"""

import random
import struct
import sys
import unicodedata

folder = sys.argv[1] if len(sys.argv) > 1 else "tests/data"
scale = int(sys.argv[2]) if len(sys.argv) > 2 else 1
rnd = random.Random(20250714)


def esc(s):
    return "".join(c if " " <= c <= "~" and c != "\\" else "\\{%x}" % ord(c) for c in s)


def answer(f, show=repr):
    try:
        return "=" + esc(show(f()))
    except Exception as e:
        return "!" + esc("%s: %s" % (type(e).__name__, e))


class Out:
    def __init__(self, name):
        self.fh = open("%s/%s.txt" % (folder, name), "w")
        self.seen = set()

    def __call__(self, *fields):
        line = "\t".join(fields)
        if line not in self.seen:
            self.seen.add(line)
            self.fh.write(line + "\n")


def rfloat():
    k = rnd.randrange(8)
    if k == 0:
        return struct.unpack("<d", rnd.randbytes(8))[0]
    if k == 1:
        return rnd.choice([0.0, -0.0, 1.0, -1.5, 0.5, 2.5, 1e16, 1e15, 9999999999999998.0, 1e-4, 1e-5, 123456.789, 5e-324,
                           2.2250738585072014e-308, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan"), 1e22, 1e23,
                           9.995, 0.15, 0.25, 0.125, 999999.5, 99999.95])
    if k == 2:
        return rnd.randrange(-10**6, 10**6) / 2**rnd.randrange(0, 12)
    if k == 3:
        return rnd.uniform(-1, 1) * 10.0**rnd.randrange(-20, 25)
    if k == 4:
        return float(rnd.randrange(-10**18, 10**18))
    if k == 5:
        return round(rnd.uniform(-1000, 1000), rnd.randrange(0, 5))
    return rnd.uniform(-100, 100)


def rint():
    k = rnd.randrange(6)
    if k < 3:
        return rnd.randrange(-10**rnd.randrange(1, 8), 10**rnd.randrange(1, 8))
    if k == 3:
        return rnd.choice([0, 1, -1, 2**63, -2**63, 2**63 - 1, 2**64, 10**18, 10**19, 2**61 - 1, 2**61, 255, 256, 128, -128, -129, 127])
    return rnd.getrandbits(rnd.randrange(1, 400)) * rnd.choice([1, -1])


def hexf(x):
    return struct.pack(">d", x).hex()


def floats():
    w = Out("float")
    for _ in range(150 * scale):
        x = rfloat()
        w("repr", hexf(x), answer(lambda: x))
        w("hex", hexf(x), answer(lambda: x.hex(), str))
        w("ratio", hexf(x), answer(lambda: x.as_integer_ratio(), lambda r: "%x/%x" % r))
        n = rnd.choice([0, 1, 2, 3, 5, -1, -2, 10, 17, -5, -300, -308, -309, 300, 323, 324])
        w("round", hexf(x), str(n), answer(lambda: round(x, n), hexf))
        w("int", hexf(x), answer(lambda: "%x" % int(x), str))
        w("roundint", hexf(x), answer(lambda: "%x" % round(x), str))
        if x == x:
            w("hash", hexf(x), answer(lambda: hash(x)))
    alphabet = ["1", "0", "5", "9", "_", ".", "e", "E", "-", "+", "inf", "nan", "infinity", " ", "\t", "12", "308", "324", "x", "\u0663", "\u2003", "\xa0", "\x1f", "j", "(", ")", "\0", "'", "\ud800"]
    for _ in range(400 * scale):
        s = "".join(rnd.choice(alphabet) for _ in range(rnd.randrange(0, 7)))
        if rnd.random() < .5:
            s = rnd.choice(["", "-", "+", " "]) + rnd.choice(["1", "1.5", ".5", "1e5", "2.e-3", "1_0", "inf", "nan", "(1"]) + s
        w("parse", esc(s), answer(lambda: float(s), hexf))
        if s.isascii():
            w("parsebytes", esc(s), answer(lambda: float(s.encode()), hexf))
        w("complex", esc(s), answer(lambda: complex(s), lambda z: hexf(z.real) + hexf(z.imag)))
        h = s.replace("e", "p").replace("1", rnd.choice(["1", "0x1", "f"]))
        h = h.replace("\ud800", "\u20ac")  # no UTF-8 for the argument is the caller's error
        w("fromhex", esc(h), answer(lambda: float.fromhex(h), hexf))
    for _ in range(100 * scale):
        s = rnd.choice(["", "-"]) + "0x" + "".join(rnd.choice("0123456789abcdefABF") for _ in range(rnd.randrange(1, 20)))
        if rnd.random() < .7:
            i = rnd.randrange(3, len(s) + 1)
            s = s[:i] + "." + s[i:]
        if rnd.random() < .8:
            s += "p%d" % rnd.choice([rnd.randrange(-20, 20), rnd.randrange(-1200, 1100)])
        w("fromhex", esc(s), answer(lambda: float.fromhex(s), hexf))
        d = rnd.choice(["", "-"]) + str(rnd.getrandbits(rnd.randrange(1, 200)))
        i = rnd.randrange(1, len(d) + 1)
        d = d[:i] + "." + d[i:] + "e%d" % rnd.randrange(-340, 320)
        w("parse", d, answer(lambda: float(d), hexf))
        a, b = rfloat(), rfloat()
        w("complexrepr", hexf(a), hexf(b), answer(lambda: complex(a, b)))
        if a == a and b == b:
            w("complexhash", hexf(a), hexf(b), answer(lambda: hash(complex(a, b))))


def ints():
    w = Out("int")
    alphabet = ["0", "1", "7", "9", "a", "z", "F", "_", "x", "0x", "0b", "0o", "+", "-", " ", "\n", "\x1f", "\u0663", "\u3000", "\xa0", "g", "\0", "\udc80", "'"]
    for _ in range(500 * scale):
        s = "".join(rnd.choice(alphabet) for _ in range(rnd.randrange(0, 6)))
        if rnd.random() < .4:
            s = str(rint()) + s
        base = rnd.choice([10, 10, 0, 0, 16, 2, 8, 36, 3, 1, 37, 35])
        w("parse", esc(s), str(base), answer(lambda: "%x" % int(s, base), str))
        if s.isascii():
            w("parsebytes", esc(s), str(base), answer(lambda: "%x" % int(s.encode(), base), str))
    for n in [4299, 4300, 4301, 640, 641, 5000]:
        w("parse", "1" * n, "10", answer(lambda: "%x" % int("1" * n), str))
        w("parse", "1" * n, "7", answer(lambda: "%x" % int("1" * n, 7), str))
        w("parse", "0" * n + "_1", "10", answer(lambda: "%x" % int("0" * n + "_1"), str))
        w("str", "%x" % (10**n - 1), answer(lambda: str(10**n - 1), str))
        w("str", "%x" % -(10**n), answer(lambda: str(-10**n), str))
    for _ in range(150 * scale):
        n, m = rint(), rint()
        w("str", "%x" % n, answer(lambda: str(n), str))
        for f in (bin, oct, hex):
            w(f.__name__, "%x" % n, answer(lambda: f(n), str))
        w("hash", "%x" % n, answer(lambda: hash(n)))
        w("float", "%x" % n, answer(lambda: float(n), hexf))
        big = rnd.choice([n, n << rnd.randrange(0, 1200), n * 2**53 + rnd.choice([0, 1, -1])])
        w("float", "%x" % big, answer(lambda: float(big), hexf))
        w("div", "%x" % n, "%x" % m, answer(lambda: n / m, hexf))
        w("div", "%x" % big, "%x" % m, answer(lambda: big / m, hexf))
        w("div", "%x" % m, "%x" % big, answer(lambda: m / big, hexf))
        size = rnd.randrange(0, 12)
        order = rnd.choice(["little", "big"])
        for signed in (False, True):
            w("to_bytes", "%x" % n, str(size), order, str(signed), answer(lambda: n.to_bytes(size, order, signed=signed).hex(), str))
            data = rnd.randbytes(size)
            w("from_bytes", data.hex(), order, str(signed), answer(lambda: "%x" % int.from_bytes(data, order, signed=signed), str))
        w("bits", "%x" % n, answer(lambda: "%d %d" % (n.bit_length(), n.bit_count()), str))
        x = rnd.choice([float(rnd.randrange(-1000, 1000)) / 4, float(n), rfloat()])
        k = rnd.choice([n, int(x) if abs(x) < 1e308 else 3])
        w("cmp", "%x" % k, hexf(x), "=%s" % ("<" if k < x else ">" if k > x else "=" if k == x else "?"))
        tup = tuple(rint() for _ in range(rnd.randrange(0, 6)))
        w("tuple", " ".join("%x" % t for t in tup), answer(lambda: hash(tup)))
        w("frozenset", " ".join("%x" % t for t in set(tup)), answer(lambda: hash(frozenset(tup))))


def rspec():
    s = ""
    r = rnd.random
    if r() < .4:
        s += rnd.choice(["", "*", "0", "\u20ac", "<", "x"]) + rnd.choice("<>=^")
    if r() < .3:
        s += rnd.choice("+- ")
    if r() < .15:
        s += "z"
    if r() < .25:
        s += "#"
    if r() < .25:
        s += "0"
    if r() < .6:
        s += str(rnd.choice([0, 1, 5, 8, 10, 13, 20, 27]))
    if r() < .35:
        s += rnd.choice([",", "_", "_", ",", ",_", "_,"])
    if r() < .5:
        s += "." + rnd.choice(["", "0", "1", "2", "3", "6", "10", "17", "25"]) + rnd.choice(["", "", "", ",", "_", "_,"])
    if r() < .8:
        s += rnd.choice("bcdeEfFgGnosxX%sdfgxyr\u20ac")
    if r() < .04:
        s += rnd.choice("xd \x01")
    return s


def formats():
    w = Out("format")
    for _ in range(1500 * scale):
        s = rspec()
        kind = rnd.randrange(4)
        if kind == 0:
            n = rint()
            w("int", "%x" % n, esc(s), answer(lambda: format(n, s), str))
        elif kind == 1:
            x = rfloat()
            w("float", hexf(x), esc(s), answer(lambda: format(x, s), str))
        elif kind == 2:
            z = complex(rfloat(), rfloat())
            w("complex", hexf(z.real), hexf(z.imag), esc(s), answer(lambda: format(z, s), str))
        else:
            t = "".join(rnd.choice("ab\xe9\u20ac\U0001f600\ud800") for _ in range(rnd.randrange(0, 6)))
            w("str", esc(t), esc(s), answer(lambda: format(t, s), str))


def unicodes():
    """Digests over all characters: one line a property."""
    import _sre
    import zlib
    w = Out("unicode")
    chars = [chr(c) for c in range(0x110000)]

    def digest(name, f):
        crc = 0
        for i in range(0, len(chars), 0x1000):
            part = "".join("%s;" % f(c) for c in chars[i:i + 0x1000])
            crc = zlib.crc32(part.encode("utf-8", "surrogatepass"), crc)
        w("digest", name, "=%d" % crc)
    for name in "isalpha isdecimal isdigit isnumeric isalnum isupper islower istitle isspace isprintable isidentifier".split():
        digest(name, lambda c: int(getattr(c, name)()))
    digest("xid_continue", lambda c: int(("a" + c).isidentifier()))
    for name in "upper lower title capitalize swapcase casefold".split():
        digest(name, lambda c: getattr(c, name)())
    digest("simple_lower", lambda c: chr(_sre.unicode_tolower(ord(c))))
    digest("category", unicodedata.category)
    digest("bidirectional", unicodedata.bidirectional)
    digest("combining", unicodedata.combining)
    digest("mirrored", unicodedata.mirrored)
    digest("east_asian_width", unicodedata.east_asian_width)
    digest("decomposition", unicodedata.decomposition)
    digest("decimal", lambda c: unicodedata.decimal(c, ""))
    digest("digit", lambda c: unicodedata.digit(c, ""))
    digest("numeric", lambda c: hexf(unicodedata.numeric(c, -1.0)))
    digest("name", lambda c: unicodedata.name(c, ""))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        digest(form, lambda c: unicodedata.normalize(form, c))
        digest("is" + form, lambda c: int(unicodedata.is_normalized(form, c)))
    for name in "category bidirectional combining mirrored east_asian_width".split():
        digest("old_" + name, getattr(unicodedata.ucd_3_2_0, name))
    pool = [chr(c) for c in list(range(0x300, 0x330)) + [0x41, 0x61, 0xc5, 0x1100, 0x1161, 0x11a8, 0xac00, 0xac01, 0x212b, 0x3a3, 0x345, 0x1f80, 0x37a, 0xdf, 0x130, 0x2e, 0x27, 0xfb03, 0x0c46, 0x3099, 0x304b, 0x915, 0x93c, 0x1e0a, 0x323, 0x149, 0x1c5]]
    for _ in range(150 * scale):
        s = "".join(rnd.choice(pool) for _ in range(rnd.randrange(1, 9)))
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            w(form, esc(s), answer(lambda: unicodedata.normalize(form, s), str))
            w("is" + form, esc(s), answer(lambda: unicodedata.is_normalized(form, s)))
        s = "".join(rnd.choice("aA\u03a3. '\u0345\xdf\u01c5\u0130\u1f80x\xb7") for _ in range(rnd.randrange(1, 9)))
        for name in "upper lower title capitalize swapcase casefold isupper islower istitle".split():
            w(name, esc(s), answer(lambda: getattr(s, name)(), str))
    for name in ["LATIN SMALL LETTER A", "latin small letter a", "NULL", "nbsp", "KEYCAP DIGIT ONE", "HANGUL SYLLABLE GAG", "hangul syllable gag", "HANGUL SYLLABLE",
                 "HANGUL SYLLABLE ", "HANGUL SYLLABLE A", "HANGUL SYLLABLE GAGX", "CJK UNIFIED IDEOGRAPH-4E00", "cjk unified ideograph-4e00",
                 "CJK UNIFIED IDEOGRAPH-04E00", "CJK UNIFIED IDEOGRAPH-0041", "CJK UNIFIED IDEOGRAPH-20000", "CJK UNIFIED IDEOGRAPH-4E", "EGYPTIAN HIEROGLYPH-13460",
                 "egyptian hieroglyph-13460", "NUSHU CHARACTER-1B170", "CJK COMPATIBILITY IDEOGRAPH-F900", "", "NO SUCH", "LATIN SMALL LETTER A ", "DIGIT ZERO", "SPACE", "PILE OF POO", "BELL"]:
        w("lookup", name, answer(lambda: unicodedata.lookup(name), str))


if __name__ == "__main__":
    import gen_tests_more as more
    floats()
    ints()
    formats()
    unicodes()
    more.run(Out, answer, esc, rnd, scale)
