# The encodings of Chinese, Japanese and Korean: whole texts, parts, streams, error handlers.
import codecs
import hashlib
import io

TEXT = {
    "gbk": "中文编码 丂丄",
    "gb2312": "中文编码",
    "gb18030": "中文 \u20ac \U00020000 é",
    "big5": "繁體中文",
    "cp950": "繁體中文 ╬",
    "shift_jis": "日本語ｱｲｳ表ソ",
    "cp932": "日本語 ①Ⅱ㈱～",
    "euc_jp": "日本語ｱｲｳ 丂",
    "iso2022_jp": "abc 日本語 def\n仮名",
    "euc_kr": "한국어",
    "cp949": "한국어 뷁똠",
}

for name, text in TEXT.items():
    data = text.encode(name)
    print(name, data, data.decode(name) == text)
    # Byte by byte.
    decoder = codecs.getincrementaldecoder(name)()
    parts = [decoder.decode(bytes([b])) for b in data] + [decoder.decode(b"", True)]
    print("  parts", "".join(parts) == text)
    reader = codecs.getreader(name)(io.BytesIO(data * 3))
    print("  reader", reader.read() == text * 3)
    file = io.TextIOWrapper(io.BytesIO(), encoding=name)
    file.write(text)
    file.flush()
    print("  file", file.buffer.getvalue() == data)

for name in ["gbk", "big5", "shift_jis", "euc_jp", "euc_kr", "cp949", "iso2022_jp"]:
    for errors in ["strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace"]:
        try:
            print(name, errors, "a\u0e01b".encode(name, errors))
        except UnicodeEncodeError as e:
            print(name, errors, e)
    for data in [b"a\xff\x41", b"a\x81", b"\xa4"]:
        for errors in ["strict", "ignore", "replace"]:
            try:
                print(name, errors, data, ascii(data.decode(name, errors)))
            except UnicodeDecodeError as e:
                print(name, errors, e)

# Every character of two bytes, both ways.
for name in ["gbk", "gb2312", "gb18030", "big5", "cp950", "shift_jis", "cp932", "euc_jp", "cp949"]:
    there, back = hashlib.sha1(), hashlib.sha1()
    count = 0
    for a in range(0x81, 0xFF):
        for b in range(0x40, 0xFF):
            try:
                text = bytes([a, b]).decode(name)
            except UnicodeDecodeError:
                continue
            count += 1
            there.update(f"{a},{b},{ascii(text)};".encode())
    for c in range(0x80, 0x10000):
        if 0xD800 <= c < 0xE000:
            continue
        try:
            back.update(b"%d %b;" % (c, chr(c).encode(name)))
        except UnicodeEncodeError:
            pass
    print(name, count, there.hexdigest(), back.hexdigest())

exec("# coding: gbk\nx = '中'".encode("gbk"))
print(x)
try:
    codecs.lookup("gbk")._is_text_encoding
    print(codecs.lookup("ms932").name, codecs.lookup("sjis").name, codecs.lookup("big5-tw").name)
except LookupError as e:
    print(e)
