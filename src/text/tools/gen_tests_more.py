"""The tables of templates, codecs, search, struct and the like; `gen_tests.py` runs this."""

import _string
import codecs
import random
import struct


def run(Out, answer, esc, rnd, scale):
    templates(Out, answer, esc, rnd, scale)
    codings(Out, answer, esc, rnd, scale)


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
    for _ in range(1500 * scale):
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
