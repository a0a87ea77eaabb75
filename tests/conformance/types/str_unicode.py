# str as a sequence of code points: widths, repr, ordering, identifiers, surrogates.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


for s in ("abc", "été", "żółw", "漢字", "😀👍", "a\u0301", "\x00\x1f\x7f\x80\xa0\xad", "\u200b\u2028\ufeff", "\ud800x", "\U0010ffff", "tab\tnl\ncr\rbs\\", "'", '"', "'\""):
    print(len(s), ascii(s), repr(s).encode("ascii", "backslashreplace"), [hex(ord(c)) for c in s], s[::-1].encode("ascii", "backslashreplace"))
mixed = "aé€😀"
for width in range(1, 5):
    part = mixed[:width]
    print(part, len(part), part * 2, part + "z", part.find("é"), part.upper(), part.encode("utf-8"), part == mixed[:width], part < "b", [c for c in part])
s = ""
for i in range(0, 0x3000, 0x1FF):
    s += chr(i)
print(len(s), ascii(s))
print("é" == "e\u0301", len("e\u0301"), sorted(["é", "e", "z", "a", "😀", "\uffff"]), max("a😀\uffff") == "😀", "\uffff" < "😀")
print("straße".upper(), "ΑΒΓ".lower(), "ÀÉ".swapcase(), "dž".title(), "hello wörld é".title(), "ÑANDÚ".casefold(), "ŉ".upper(), "ᾳ".upper(), "ΌΣΟΣ Σ".lower())
variable_é = 1
λ = 2
名 = 3
print(variable_é, λ, 名, "名".isidentifier(), "1a".isidentifier(), "a-b".isidentifier(), "é".isidentifier(), "def".isidentifier())
text = "The quick brown fox — “jumps” over… naïve café 日本語 🦊"
print(text.split(), text.find("🦊"), text.rfind("—"), text.index("日"), text.count("a"), text.replace("…", "..."), text.partition("“"), text.upper(), text.encode("utf-8").decode("utf-8") == text, text.encode("utf-16").decode("utf-16") == text)
print(text.translate({ord("“"): "<", ord("”"): ">", ord("🦊"): "fox"}), text.center(70, "·"), f"{text:_^70}", text[4:9], text[-1], text[::-1])
print("\N{GREEK SMALL LETTER ALPHA}\N{SNOWMAN}\u2603\U0001F40D\x41\101\07".encode("unicode_escape"))
print("x".join("日本"), "日本".join("xyz"), "é".join(["1", "2", "3"]), "".join(["a", "é", "€", "😀"]), "".join(["😀", "a"])[1:], ("a" * 5 + "é")[:5])
for name in ("utf-8", "utf-16", "utf-16-be", "utf-32", "latin-1", "ascii", "cp1252", "utf-8-sig", "unicode_escape", "raw_unicode_escape"):
    for value in ("abc", "é", "€", "😀"):
        try:
            data = value.encode(name)
            print(name, ascii(value), data, data.decode(name) == value)
        except UnicodeEncodeError as e:
            print(name, ascii(value), e.encoding, e.start, e.end, e.reason)
for data in (b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"a\x80b", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", b"ok\xe2\x28\xa1"):
    try:
        data.decode()
    except UnicodeDecodeError as e:
        print(data, e, "|", data.decode("utf-8", "replace"), data.decode("utf-8", "ignore"), data.decode("utf-8", "backslashreplace"), ascii(data.decode("utf-8", "surrogateescape")), data.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape") == data)
print("a\u0300".isalpha(), "\u00aa".isalpha(), "\u2160".isnumeric(), "\u2460".isdigit(), "\u0660".isdecimal(), "\u3000".isspace(), "\u00a0".isspace(), "\u200b".isspace(), "\x85".isspace())
