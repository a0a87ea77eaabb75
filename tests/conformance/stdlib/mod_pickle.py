"""pickle: every protocol, by the native module and by the library's Python, byte for byte the same and read by both."""

import collections
import copyreg
import io
import pickle
import sys

import _pickle


class Plain:
    def __init__(self, a, b):
        self.a = a
        self.b = b

    def __eq__(self, other):
        return type(other) is Plain and (self.a, self.b) == (other.a, other.b)


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x


class Keywords:
    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.given = args, kwargs
        return self

    def __getnewargs_ex__(self):
        return self.given

    def __eq__(self, other):
        return self.given == other.given


class MyList(list):
    pass


class MyDict(dict):
    pass


Pair = collections.namedtuple("Pair", "left right")

cycle = []
cycle.append((cycle, {"self": cycle}))
samples = {
    "none": None,
    "bools": [True, False],
    "ints": [0, 1, -1, 255, 256, 65535, 65536, -32769, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**63), 2**64, 2**2000, -(2**2040)],
    "floats": [0.0, -0.0, 1.5, 1e300, float("inf")],
    "texts": ["", "a", "line\nback\\slash\0\r\x1a", "é", "\u20ac", "\U0001f600", "\udc80", "x" * 255, "x" * 256],
    "bytes": [b"", b"abc", bytes(range(256)), b"y" * 300],
    "bytearrays": [bytearray(), bytearray(b"abc")],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),)],
    "shared": [[1, 2]] * 3,
    "long list": list(range(2500)),
    "long dict": {i: str(i) for i in range(1001)},
    "plain": Plain([1], {"k": Plain(1, 2)}),
    "slots": Slots(5),
    "keywords": Keywords(1, b=2),
    "subclasses": [MyList([1, 2]), MyDict(a=1)],
    "pair": Pair(1, "r"),
    "classes": [int, Plain, type(None), type(...), type(NotImplemented), collections.OrderedDict],
    "functions": [len, pickle.dumps, str.upper],
    "ordered": collections.OrderedDict(b=1, a=2),
    "complex": 1 + 2j,
    "range": range(1, 10, 2),
    "big text": "z" * 70_000,
}
for name, value in samples.items():
    # Slots without `__getstate__` need protocol 2.
    for protocol in range(2 if name == "slots" else 0, 6):
        native = _pickle.dumps(value, protocol)
        python = pickle._dumps(value, protocol)
        # The native module batches the last item of a long container with the mark, the library does not.
        same = native == python or name.startswith("long")
        back = _pickle.loads(native), pickle._loads(native), _pickle.loads(python), _pickle.load(io.BytesIO(native))
        if not same or any(b != value for b in back):
            print("differ", name, protocol, native[:80], python[:80])
print("samples", len(samples))

for protocol in range(6):
    back = pickle.loads(pickle.dumps(cycle, protocol))
    print(protocol, back[0][0] is back, back[0][1]["self"] is back)

# Sets have no order: compare what comes back.
for protocol in range(6):
    for value in ({1, "a"}, frozenset({2, "b"}), {frozenset({1}), frozenset()}):
        assert pickle.loads(pickle.dumps(value, protocol)) == value


# Persistent ids, a dispatch table, reducer_override.
class Store:
    def __init__(self, key):
        self.key = key


class P(pickle.Pickler):
    def persistent_id(self, obj):
        return obj.key if isinstance(obj, Store) else None


class U(pickle.Unpickler):
    def persistent_load(self, pid):
        return "stored " + pid


for protocol in range(6):
    out = io.BytesIO()
    P(out, protocol).dump([Store("k1"), 5])
    print(protocol, U(io.BytesIO(out.getvalue())).load())
try:
    pickle.loads(b"Pid\n.")
except pickle.UnpicklingError as e:
    print(e)


class Q(pickle.Pickler):
    dispatch_table = collections.ChainMap({complex: lambda c: (complex, (c.imag, c.real))}, copyreg.dispatch_table)

    def reducer_override(self, obj):
        if isinstance(obj, type) and obj.__name__ == "Plain":
            return "samples"
        return NotImplemented


out = io.BytesIO()
Q(out).dump([1 + 2j, 3])
print(pickle.loads(out.getvalue()))
out = io.BytesIO()
try:
    Q(out).dump(Plain)
except pickle.PicklingError as e:
    print(type(e).__name__, str(e)[:40])

# Buffers outside of the pickle.
taken = []
data = bytearray(b"0123456789")
out = pickle.dumps([pickle.PickleBuffer(data), pickle.PickleBuffer(b"fixed")], 5, buffer_callback=taken.append)
print(len(taken), out)
back = pickle.loads(out, buffers=[memoryview(data), b"fixed"])
print(bytes(back[0]), back[1])
view = pickle.PickleBuffer(data).raw()
print(view.nbytes, view.format, view.readonly)

# Errors and their notes.


def failing():
    class Local:
        pass

    return Local()


for value in (lambda: 0, failing(), [1, {"k": failing()}], sys.modules["sys"], (x for x in ())):
    try:
        pickle.dumps(value)
    except Exception as e:
        print(type(e).__name__, str(e).split(" at 0x")[0], getattr(e, "__notes__", []))
for bad in (b"", b"\x80", b"\x80\x06.", b"garbage", b"N", b".", b"(.", b"0.", b"h\x05.", b"\x80\x04\x95\x05\0\0\0\0\0\0\0NNN.", b"cnosuch\nname\n."):
    try:
        print(pickle.loads(bad))
    except Exception as e:
        print(bad[:6], type(e).__name__, e)

# One file, several pickles; one pickler, one memo.
out = io.BytesIO()
pickler = pickle.Pickler(out, 4)
words = ["w" * 10, "v" * 10]
for _ in range(3):
    pickler.dump(words)
print(len(out.getvalue()), sorted(n for n, _ in pickler.memo.copy().values()))
pickler.clear_memo()
pickler.dump(words)
source = io.BytesIO(out.getvalue())
reader = pickle.Unpickler(source)
print([reader.load() == words for _ in range(4)], source.read())
buffered = io.BufferedReader(io.BytesIO(pickle.dumps(1, 0) + pickle.dumps([2], 2) + b"rest"))
print(pickle.load(buffered), pickle.load(buffered), buffered.read())
