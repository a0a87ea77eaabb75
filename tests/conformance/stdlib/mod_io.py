# io: text and bytes files, StringIO, BytesIO.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import io, os
s = io.StringIO("line1\nline2\nlast")
print(s.readline(), s.read(3), s.tell(), s.readlines(), s.read(), s.seek(0), list(s), s.getvalue())
s = io.StringIO()
print(s.write("héllo"), s.writelines(["a\n", "b"]), s.getvalue(), s.seek(1), s.write("E"), s.getvalue(), s.truncate(3), s.getvalue())
b = io.BytesIO(b"abc\ndef")
print(b.read(2), b.readline(), b.read(), b.seek(0, 2), b.tell(), b.write(b"!"), b.getvalue(), b.seek(-2, 2), b.read(), b.getbuffer()[0], b.readable(), b.seekable())
name = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"conformance-io-{os.getpid()}")
with open(name, "w", encoding="utf-8") as f:
    print(f.write("première\nligne\n"), f.writable(), f.readable(), f.mode, f.encoding, f.closed, f.name == name)
    print("printed", 1, 2.5, file=f, sep=",")
print(f.closed)
with open(name, encoding="utf-8") as f:
    print([line for line in f])
with open(name, encoding="utf-8") as f:
    print(f.readline(), f.read(4), f.readlines(), f.read())
with open(name, "rb") as f:
    print(f.read(5), f.tell(), f.readline(), f.seek(0), f.readlines(), type(f).__name__)
with open(name, "a") as f:
    f.write("appended")
with open(name, "r+", encoding="utf-8") as f:
    f.seek(0); f.write("PREM"); f.seek(0); print(f.read())
with open(name, "wb", buffering=0) as f:
    print(f.write(b"raw"), type(f).__name__)
with open(name, "w", newline="\r\n") as f:
    f.write("a\nb\n")
print(open(name, "rb").read(), open(name).read(), repr(open(name, newline="").read()))
with open(name, "wb") as f:
    f.write(b"\xff\xfe bad")
for errors in ("strict", "replace", "ignore", "backslashreplace", "surrogateescape"):
    try:
        print(errors, ascii(open(name, encoding="utf-8", errors=errors).read()))
    except UnicodeDecodeError as e:
        print(errors, e)
with open(name, "w") as f:
    for i in range(2000):
        f.write(f"line {i}\n")
with open(name) as f:
    total = 0
    for i, line in enumerate(f):
        total += len(line)
    print(i, total, repr(line))
with open(name, "rb") as f:
    f.seek(-10, os.SEEK_END)
    buf = bytearray(4)
    print(f.readinto(buf), buf, f.read(), f.peek(1) if hasattr(f, "peek") else "")
show("open('nope/nope')", "open(name, 'q')", "open(name, 'rw')", "open(name, 'rb', encoding='utf-8')", "open(name).write('x')", "open(name, 'w').read()", "open(name).seek(-1)", "io.StringIO(5)", "io.BytesIO('a')", "io.StringIO().write(b'a')", "io.BytesIO().write('a')", "open(name, encoding='nope')", "f.read()", "io.StringIO('a\\r\\nb', newline=None).read()", "open(5.5)", "open(name, buffering=0)", "isinstance(open(name), io.TextIOBase)", "isinstance(open(name, 'rb'), io.BufferedIOBase)", "io.DEFAULT_BUFFER_SIZE > 0", "io.StringIO('abc').readline(2)", "io.UnsupportedOperation.__mro__[1].__name__", "io.StringIO('x').fileno()", "io.StringIO().isatty()", "io.TextIOWrapper(io.BytesIO(b'a\\xc3\\xa9'), encoding='utf-8').read()")
s = io.StringIO(); s.close()
try:
    s.read()
except ValueError as e:
    print(e)
t = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
t.write("é"); t.flush(); print(t.buffer.getvalue())
os.remove(name)
print("a", "b", sep="", end="|\n", flush=True)
