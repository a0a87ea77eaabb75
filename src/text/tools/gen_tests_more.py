"""The tables of templates, codecs, search, struct and the like; `gen_tests.py` runs this."""

import _string
import codecs
import random
import struct


def run(Out, answer, esc, rnd, scale):
    templates(Out, answer, esc, rnd, scale)
    codings(Out, answer, esc, rnd, scale)
    strings(Out, answer, esc, rnd, scale)
    binary(Out, answer, esc, rnd, scale)
    randoms(Out, answer, esc, rnd, scale)
    hashes(Out, esc)


def hexf(x):
    return struct.pack(">d", x).hex()


def templates(Out, answer, esc, rnd, scale):
    w = Out("template")
    for _ in range(700 * scale):
        s = rnd.choice(["", "a", "%%"]) + "%"
        if rnd.random() < .5:
            s += "".join(rnd.choice("-+ #0") for _ in range(rnd.randrange(0, 3)))
        if rnd.random() < .5:
            s += rnd.choice(["1", "5", "12", "20", "*"])
        if rnd.random() < .4:
            s += rnd.choice([".", ".0", ".3", ".10", ".*"])
        if rnd.random() < .1:
            s += rnd.choice("hlL")
        s += rnd.choice("diuxXoeEfFgGdxsssc%yq\x01\u20ac ")
        s += rnd.choice(["", "z", "%%", "%", "%("])
        stars = s.count("*")
        args = tuple(rnd.choice([7, -9, 0, 3]) for _ in range(stars))
        fields = " ".join(map(str, args))
        body = s.replace("%%", "")
        code = next((c for c in body if c in "diuxXoeEfFgGsc"), "d")
        if code in "eEfFgG":
            v = rnd.choice([0.0, -0.0, 1.5, 1e10, -123.456, 1e-7, float("inf"), float("nan"), 99999.5])
            arg = "f" + hexf(v)
        elif code == "s":
            v = rnd.choice(["", "abc", "\u20acx", "long text here"])
            arg = "s" + esc(v)
        else:
            v = rnd.choice([0, 5, -5, 255, -255, 10**20, 65])
            arg = "i%x" % v
        w("percent", esc(s), fields, arg, answer(lambda: s % (args + (v,)), str))
    alphabet = ["{", "}", "{", "}", ":", "!", "a", "0", "12", ".", "[", "]", "r", "x", "{{", "}}", "\u0663", "\u20ac"]

    def show(parts):
        return "|".join("%s~%s~%s~%s" % p for p in parts)

    def path(s):
        first, rest = _string.formatter_field_name_split(s)
        return "%r" % (first,) + "".join(" %s%r" % ("." if a else "#", k) for a, k in rest)
    for _ in range(800 * scale):
        s = "".join(rnd.choice(alphabet) for _ in range(rnd.randrange(0, 9)))
        w("parse", esc(s), answer(lambda: list(_string.formatter_parser(s)), show))
        s = "".join(rnd.choice(["a", "b", "0", "17", ".", "[", "]", ".x", "[0]", "[k]", "\u0663"]) for _ in range(rnd.randrange(0, 6)))
        w("path", esc(s), answer(lambda: path(s), str))


def ucerr(f, show):
    try:
        return "=" + show(f())
    except UnicodeError as e:
        if not hasattr(e, "start"):
            return "!%s" % e
        return "!%s %d %d %s" % (e.encoding, e.start, e.end, e.reason)
    except ValueError as e:
        return "!%s" % e


def codings(Out, answer, esc, rnd, scale):
    import warnings
    warnings.simplefilter("ignore")
    w = Out("codec")
    names = ["utf_8", "utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be", "utf_7", "ascii", "latin_1", "unicode_escape", "raw_unicode_escape", "cp1252", "koi8_r"]
    modes = ["strict", "strict", "ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass"]
    pieces = {
        "utf_8": [b"a", b"\xc3", b"\xa9", b"\xe2", b"\x82", b"\xac", b"\xed\xa0", b"\x80", b"\xf0\x9f", b"\x98\x80", b"\xff", b"\xf4\x90", b"\xe0\x80", b"\xc1", b"abc"],
        "utf_7": [b"a", b"+", b"-", b"AGE", b"2D3e", b"AA", b"\xff", b"/", b"+AOk-", b"~", b" ", b"+2AA", b"IKw"],
        "unicode_escape": [b"\\", b"x", b"41", b"u", b"0", b"U", b"N", b"{SPACE}", b"{", b"}", b"n", b"7", b"q", b"\xe9", b"\n", b"d800", b"0010ffff", b"123"],
    }
    wide = [b"\x00", b"a", b"\xd8", b"\xdc", b"\x00\xd8", b"\xd8\x00", b"\x00\xdc", b"\xdc\x00", b"\x10", b"\x00\x00", b"\x11"]
    chars = ["a", "~", "+", "-", "\\", "\n", "\xe9", "\u20ac", "\u0416", "\ud800", "\udcff", "\udc80", "\U0001f600", "/", "z", "\x80", "\xff", "{", "\0"]
    for _ in range(700 * scale):
        name = rnd.choice(names)
        pool = pieces.get(name) or (pieces["unicode_escape"] if name.startswith("raw") else wide if name[4:] in ("16_le", "16_be", "32_le", "32_be") else [bytes([rnd.randrange(256)]), b"abc"])
        data = b"".join(rnd.choice(pool) for _ in range(rnd.randrange(0, 7)))
        mode = rnd.choice(modes)
        final = rnd.random() < .7
        if name in ("ascii", "latin_1", "cp1252", "koi8_r"):
            w("decode", name, mode, "True", data.hex(), ucerr(lambda: data.decode(name, mode), lambda s: "%s %d" % (esc(s), len(data))))
        else:
            f = getattr(codecs, name + "_decode")
            w("decode", name, mode, str(final), data.hex(), ucerr(lambda: f(data, mode, final), lambda r: "%s %d" % (esc(r[0]), r[1])))
        text = "".join(rnd.choice(chars) for _ in range(rnd.randrange(0, 7)))
        mode = rnd.choice(modes + ["xmlcharrefreplace", "namereplace"])
        w("encode", name, mode, esc(text), ucerr(lambda: text.encode(name, mode), bytes.hex))
        data = b"".join(rnd.choice(pieces["unicode_escape"]) for _ in range(rnd.randrange(0, 6)))
        mode = rnd.choice(["strict", "ignore", "replace"])
        w("escape", mode, data.hex(), ucerr(lambda: codecs.escape_decode(data, mode)[0], bytes.hex))
        w("repr", esc(text), answer(lambda: text))
        w("ascii", esc(text), answer(lambda: ascii(text), str))
        quoted = rnd.choice([b"", b"'", b"\"", b"'\""]) + data
        w("reprbytes", quoted.hex(), answer(lambda: quoted))
    for name in ("cp1252", "koi8_r"):
        mod = __import__("encodings." + name, fromlist=["x"])
        w("table", name, "=" + esc(mod.decoding_table))


def strings(Out, answer, esc, rnd, scale):
    w = Out("strings")
    pools = ["ab", "ab ", "a\u20ac", "ab\u0416\n\r\x1c\x85\u2028 \t", "a\U0001f600b\ud800", "+-01a\t\n"]

    def pick(pool, n):
        return "".join(rnd.choice(pool) for _ in range(rnd.randrange(0, n)))
    for _ in range(120 * scale):
        pool = rnd.choice(pools)
        s, t, u = pick(pool, rnd.choice([4, 20, 60])), pick(rnd.choice([pool, rnd.choice(pools)]), 4), pick(rnd.choice(pools), 3)
        n = rnd.choice([-1, 0, 1, 2, 5])
        for f in ("find", "rfind", "count", "startswith", "endswith"):
            w(f, esc(s), esc(t), answer(lambda: getattr(s, f)(t)))
        for f in ("split", "rsplit"):
            w(f, esc(s), esc(t), str(n), answer(lambda: "|".join(getattr(s, f)(t, n)), str))
            w(f + "blank", esc(s), str(n), answer(lambda: "|".join(getattr(s, f)(None, n)), str))
        w("lines", esc(s), answer(lambda: "|".join(s.splitlines()), str))
        w("lineskeep", esc(s), answer(lambda: "|".join(s.splitlines(True)), str))
        w("replace", esc(s), esc(t), esc(u), str(n), answer(lambda: s.replace(t, u, n), str))
        w("strip", esc(s), answer(lambda: s.strip(), str))
        w("stripchars", esc(s), esc(t), answer(lambda: s.strip(t), str))
        w("lstripchars", esc(s), esc(t), answer(lambda: s.lstrip(t), str))
        w("expandtabs", esc(s), str(abs(n)), answer(lambda: s.expandtabs(abs(n)), str))
        w("center", esc(s), str(5 + n), answer(lambda: s.center(5 + n), str))
        w("zfill", esc(s), str(5 + n), answer(lambda: s.zfill(5 + n), str))
        if s.isascii() and t.isascii():
            b = s.encode()
            w("bytesstrip", esc(s), answer(lambda: b.strip().decode(), str))
            w("byteslines", esc(s), answer(lambda: "|".join(x.decode() for x in b.splitlines()), str))
            w("bytestranslate", esc(s), esc(t), answer(lambda: b.translate(None, t.encode()).decode(), str))
        a, b = rnd.randrange(-8, 9), rnd.randrange(-8, 9)
        w("range", esc(s), esc(t), str(a), str(b), answer(lambda: s.find(t, a, b)))


def binary(Out, answer, esc, rnd, scale):
    import binascii
    import _json
    import time
    import zlib
    w = Out("binary")

    def show(v):
        if isinstance(v, bool):
            return str(v)
        if isinstance(v, float):
            return hexf(v)
        if isinstance(v, complex):
            return hexf(v.real) + hexf(v.imag)
        if isinstance(v, bytes):
            return v.hex()
        return "%x" % v
    codes = "xcbB?hHiIlLqQnNefdspPFD"
    for _ in range(500 * scale):
        f = rnd.choice(["", "@", "<", ">", "=", "!"]) + "".join(
            rnd.choice(["", "", "2", "0", "3", " "]) + rnd.choice(codes) for _ in range(rnd.randrange(0, 4))) + rnd.choice(["", "", "", "y", "1", "\0"])
        w("calcsize", esc(f), answer(lambda: struct.calcsize(f)))
        try:
            size = struct.calcsize(f)
        except Exception:
            continue
        data = rnd.randbytes(size)
        w("unpack", esc(f), data.hex(), answer(lambda: " ".join(map(show, struct.unpack(f, data))), str))
        code = rnd.choice("cbBhHiIlLqQnNefdspPFD")
        order = rnd.choice(["", "<", ">"]) if code not in "nNP" else ""
        f = order + rnd.choice(["", "4"] if code in "sp" else [""]) + code
        if code in "csp":
            v = rnd.randbytes(rnd.randrange(0, 7))
            arg = "b" + v.hex()
        elif code in "efd":
            v = rnd.choice([0.0, -1.5, 65504.0, 65519.99, 65520.0, 1e-8, 6e-8, 2.98e-8, 2.99e-8, 6.1e-5, 3.4e38, 3.5e38, 1e300, float("inf"), rnd.uniform(-70000, 70000), rnd.uniform(-1, 1) * 1e-4])
            arg = "f" + hexf(v)
        elif code in "FD":
            v = complex(rnd.choice([1.5, 1e39]), -2)
            arg = "c" + hexf(v.real) + hexf(v.imag)
        else:
            bits = struct.calcsize(f) * 8
            v = rnd.choice([0, 1, -1, 2**bits - 1, 2**bits, 2**(bits - 1), 2**(bits - 1) - 1, -2**(bits - 1), -2**(bits - 1) - 1, 77])
            arg = "i%x" % v
        w("pack", esc(f), arg, answer(lambda: struct.pack(f, v).hex(), str))
    for _ in range(20 * scale):
        f, size, off = rnd.choice(["i", "q", "b", ""]), rnd.randrange(0, 12), rnd.randrange(-14, 14)
        w("offset", f, str(size), str(off), "unpack", answer(lambda: struct.unpack_from(f, bytes(size), off) and "ok", lambda x: "ok"))
        w("offset", f, str(size), str(off), "pack", answer(lambda: struct.pack_into(f, bytearray(size), off, *([0] if f else [])), lambda x: "ok"))
    for _ in range(300 * scale):
        s = "".join(rnd.choice(["Y", "Q", "=", "=", "a", "\n", "/", "+", "YWJj", "-"]) for _ in range(rnd.randrange(0, 8)))
        strict = rnd.random() < .5
        w("a2b", esc(s), str(strict), answer(lambda: binascii.a2b_base64(s.encode(), strict_mode=strict).hex(), str))
        s = "".join(rnd.choice(["a", "1", "F", " ", "\n", "g", "\x1f", "\xe9", "0", "b"]) for _ in range(rnd.randrange(0, 7)))
        w("fromhex", esc(s), answer(lambda: bytes.fromhex(s).hex(), str))
        if s.isascii():
            w("unhexlify", esc(s), answer(lambda: binascii.unhexlify(s).hex(), str))
        d = rnd.randbytes(rnd.randrange(0, 9))
        k = rnd.randrange(-4, 5)
        w("hexsep", d.hex(), str(k), answer(lambda: d.hex("-", k), str))
        w("b2a", d.hex(), answer(lambda: binascii.b2a_base64(d).decode(), str))
        w("sums", d.hex(), str(k & 255), answer(lambda: "%d %d %d" % (binascii.crc32(d, k & 255), zlib.adler32(d, 1), binascii.crc_hqx(d, k & 255)), str))
        s = "".join(rnd.choice(["a", "\\", "u", "n", "\"", "\\ud83d", "\\ude00", "\\u0041", "00e9", "\n", "\u20ac", "\U0001f600", "\ud800", "/", "\x1f", "q"]) for _ in range(rnd.randrange(0, 7)))
        strict = rnd.random() < .5
        if rnd.random() < .7:
            s += "\""

        def scan():
            try:
                return "%d %s" % _json.scanstring(s, 1, strict)[::-1]
            except Exception as e:
                return "! %d %s" % (e.pos, e.msg)
        s = "\"" + s
        w("scanstring", esc(s), str(strict), "=" + esc(scan()))
        w("jsonascii", esc(s), "=" + esc(_json.encode_basestring_ascii(s)))
        w("jsonplain", esc(s), "=" + esc(_json.encode_basestring(s)))
        tm = time.gmtime(rnd.choice([rnd.randrange(0, 2**32), rnd.randrange(-6 * 10**10, 2 * 10**11)]))
        f = "".join(rnd.choice(["%", "%-", "%_", "%0", "%^", "%#", "%5", "%E", "%010"]) + rnd.choice("aAbBcCdDeFgGhHIjklmMnpPrRStTuUVwWxXyYZz%Q") for _ in range(2)) + rnd.choice(["", "x", "%"])
        fields = " ".join(map(str, tm[:8]))
        w("strftime", fields, esc(f), answer(lambda: time.strftime(f, tm), str))


def randoms(Out, answer, esc, rnd, scale):
    w = Out("random")
    for _ in range(20 * scale):
        seed = rnd.choice([0, 1, -5, 2**32, 2**32 - 1, rnd.getrandbits(100), rnd.getrandbits(30000)])
        r = random.Random(seed)
        a = [hexf(r.random()) for _ in range(3)]
        k = [r.getrandbits(n) for n in (1, 31, 32, 33, 64, 65, 200)]
        for _ in range(700):
            r.getrandbits(32)
        w("seed", "%x" % seed, "=" + " ".join(a) + " " + " ".join("%x" % x for x in k) + " " + hexf(r.random()))


def hashes(Out, esc):
    import os
    import subprocess
    import sys
    w = Out("hash")
    values = ["", "a", "abc", "\xe9", "\u20ac" * 3, "\U0001f600x", "\ud800", "x" * 100, "\u0416" * 200, "12345678"]
    code = "import sys;print([(hash(s), hash(s.encode('utf-8', 'surrogatepass'))) for s in %s])" % ascii(values)
    for seed in (0, 1, 42, 4294967295):
        env = dict(os.environ, PYTHONHASHSEED=str(seed))
        got = eval(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
        for s, (a, b) in zip(values, got):
            w("str", str(seed), esc(s), "=%d" % a)
            w("bytes", str(seed), esc(s), "=%d" % b)
