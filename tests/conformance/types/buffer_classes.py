# Classes that give buffers: __buffer__ and __release_buffer__.
class Given:
    def __init__(self, data):
        self.data = bytearray(data)
        self.views = 0

    def __buffer__(self, flags):
        self.views += 1
        return memoryview(self.data)

    def __release_buffer__(self, view):
        self.views -= 1
        print("released", view.tobytes())


g = Given(b"hello")
with memoryview(g) as m:
    print(m.tobytes(), g.views, type(m.obj).__name__)
    part = m[1:3]
    m[0] = 72
    print(part.tobytes(), g.views)
    try:
        g.data.clear()
    except BufferError as e:
        print("BufferError", e)
print(g.views)
part.release()
print(g.views)
print(bytes(g), b" ".join([g, b"x"]), g.views)
print(int.from_bytes(g, "big"), g.views)


class Counted(bytearray):
    def __buffer__(self, flags):
        print("get")
        return super().__buffer__(flags)

    def __release_buffer__(self, view):
        print("release", view.tobytes())
        super().__release_buffer__(view)


c = Counted(b"abc")
with memoryview(c) as m:
    print(m.tolist())
c.extend(b"d")
print(c)


class Keeps(bytearray):
    kept = None

    def __release_buffer__(self, view):
        Keeps.kept = view
        for what in [memoryview, lambda v: v[:1], lambda v: v.cast("b"), lambda v: v.toreadonly()]:
            try:
                what(view)
            except ValueError as e:
                print("ValueError", e)
        print(view.tobytes())


with memoryview(Keeps(b"xyz")):
    pass
try:
    Keeps.kept.tobytes()
except ValueError as e:
    print("ValueError", e)

for wrong in [42, b"bytes", None]:

    class Wrong:
        def __buffer__(self, flags, wrong=wrong):
            return wrong

    try:
        memoryview(Wrong())
    except TypeError as e:
        print("TypeError", e)


class Raises:
    def __buffer__(self, flags):
        raise OSError("no memory today")


try:
    bytes(memoryview(Raises()))
except OSError as e:
    print("OSError", e)

b = bytearray(b"q")
v = b.__buffer__(0)
b.__release_buffer__(v)
for args in [(v,), (memoryview(b""),), (1,)]:
    try:
        b.__release_buffer__(*args)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print(hasattr(bytes, "__release_buffer__"), hasattr(memoryview, "__release_buffer__"))
