"""Numbers and rows of numbers in memory that processes share: `multiprocessing.Value` and `Array`.

The library's module of this name lays ctypes objects over that memory. Without ctypes these here are views (`memoryview`) of
it, of the same names and behaviour, for the type codes; a ctypes type in the place of a type code is none that can be had.
"""

import operator

from . import get_context, heap
from .context import assert_spawning

__all__ = ["RawValue", "RawArray", "Value", "Array", "copy", "synchronized"]

# Type code: the name that ctypes has for it, and the format of the view.
_KINDS = {
    "c": ("c_char", "c"),
    "u": ("c_wchar", "I"),
    "b": ("c_byte", "b"),
    "B": ("c_ubyte", "B"),
    "h": ("c_short", "h"),
    "H": ("c_ushort", "H"),
    "i": ("c_int", "i"),
    "I": ("c_uint", "I"),
    "l": ("c_long", "l"),
    "L": ("c_ulong", "L"),
    "q": ("c_long", "q"),
    "Q": ("c_ulong", "Q"),
    "f": ("c_float", "f"),
    "d": ("c_double", "d"),
}
_SIZES = {code: memoryview(bytes(8)).cast(form).itemsize for code, (_, form) in _KINDS.items()}


def _check(code):
    if code not in _KINDS:
        if isinstance(code, str):
            raise TypeError("this type has no size")
        raise NotImplementedError("types of ctypes are not supported: give a type code")


def _stored(code, value):
    """What the view is told to store."""
    if code in "fd":
        if isinstance(value, (str, bytes, bytearray)):
            raise TypeError(f"must be real number, not {type(value).__name__}")
        return float(value)
    if code == "c":
        if isinstance(value, int):
            if not 0 <= value < 256:
                raise TypeError("integer not in range(256)")
            return bytes([value])
        if isinstance(value, (bytes, bytearray)) and len(value) == 1:
            return bytes(value)
        got = type(value).__name__ + (f" of length {len(value)}" if isinstance(value, (bytes, bytearray)) else "")
        raise TypeError(f"one character bytes, bytearray, or an integer in range(256) expected, not {got}")
    if code == "u":
        if not isinstance(value, str):
            raise TypeError(f"a unicode character expected, not instance of {type(value).__name__}")
        if len(value) != 1:
            raise TypeError(f"a unicode character expected, not a string of length {len(value)}")
        return ord(value)
    # As C converts it.
    bits = 8 * _SIZES[code]
    value = operator.index(value) & (1 << bits) - 1
    if code.islower() and value >> bits - 1:
        value -= 1 << bits
    return value


class _Shared:
    """A view of shared memory as items of a type code. Pickled while a process is started, it names the same memory there."""

    def __init__(self, code, length, wrapper):
        self._code = code
        self._length = length
        self._wrapper = wrapper
        size = _SIZES[code] * (1 if length is None else length)
        self._bytes = wrapper.create_memoryview()[:size]
        # No bytes cannot be cast, and have no items to look at.
        self._view = self._bytes.cast(_KINDS[code][1]) if size else self._bytes

    def _load(self, index):
        item = self._view[index]
        return chr(item) if self._code == "u" else item

    def __reduce__(self):
        assert_spawning(self)
        return _rebuild, (self._code, self._length, self._wrapper)


class _Number(_Shared):
    @property
    def value(self):
        return self._load(0)

    @value.setter
    def value(self, value):
        self._view[0] = _stored(self._code, value)

    def __repr__(self):
        return f"{_KINDS[self._code][0]}({self.value!r})"


class _Row(_Shared):
    def __len__(self):
        return self._length

    def __iter__(self):
        return map(self._load, range(self._length))

    def __getitem__(self, key):
        if isinstance(key, slice):
            items = [self._load(i) for i in range(*key.indices(self._length))]
            if self._code == "c":
                return b"".join(items)
            return "".join(items) if self._code == "u" else items
        try:
            return self._load(key)
        except IndexError:
            raise IndexError("invalid index") from None

    def __setitem__(self, key, value):
        if isinstance(key, slice):
            places = range(*key.indices(self._length))
            if len(places) != len(value):
                raise ValueError("Can only assign sequence of same size")
            for place, item in zip(places, value):
                self._view[place] = _stored(self._code, item)
            return
        try:
            self._view[key] = _stored(self._code, value)
        except IndexError:
            raise IndexError("invalid index") from None

    def __repr__(self):
        return f"<{__name__}.{_KINDS[self._code][0]}_Array_{self._length} object at {id(self):#x}>"


class _Chars(_Row):
    """Bytes, also as a string that ends at its first zero."""

    @property
    def value(self):
        return self.raw.partition(b"\0")[0]

    @value.setter
    def value(self, value):
        self._store(value + b"\0" if len(value) < self._length else value)

    @property
    def raw(self):
        return self._bytes.tobytes()

    @raw.setter
    def raw(self, value):
        self._store(value)

    def _store(self, value):
        if len(value) > self._length:
            raise ValueError("byte string too long")
        self._bytes[: len(value)] = value


def _rebuild(code, length, wrapper):
    kind = _Number if length is None else _Chars if code == "c" else _Row
    return kind(code, length, wrapper)


def _new(code, length):
    wrapper = heap.BufferWrapper(_SIZES[code] * (1 if length is None else length))
    new = _rebuild(code, length, wrapper)
    # A block of the heap may have been another's.
    new._bytes[:] = bytes(len(new._bytes))
    return new


def RawValue(typecode_or_type, *args):
    """A number in shared memory, without a lock."""
    _check(typecode_or_type)
    if len(args) > 1:
        raise TypeError(f"__init__ expected at most 1 argument, got {len(args)}")
    new = _new(typecode_or_type, None)
    if args:
        new.value = args[0]
    return new


def RawArray(typecode_or_type, size_or_initializer):
    """A row of numbers in shared memory, without a lock: of zeros, or of the items of a sequence."""
    _check(typecode_or_type)
    if isinstance(size_or_initializer, int):
        if size_or_initializer < 0:
            raise ValueError(f"Array length must be >= 0, not {size_or_initializer}")
        return _new(typecode_or_type, size_or_initializer)
    new = _new(typecode_or_type, len(size_or_initializer))
    for i, item in enumerate(size_or_initializer):
        new[i] = item
    return new


def Value(typecode_or_type, *args, lock=True, ctx=None):
    """A number in shared memory, with a lock to hold while it is changed by what it was."""
    return _locked(RawValue(typecode_or_type, *args), lock, ctx)


def Array(typecode_or_type, size_or_initializer, *, lock=True, ctx=None):
    """A row of numbers in shared memory, with a lock that each operation takes."""
    return _locked(RawArray(typecode_or_type, size_or_initializer), lock, ctx)


def _locked(obj, lock, ctx):
    if lock is False:
        return obj
    if lock is True or lock is None:
        lock = (ctx or get_context()).RLock()
    if not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return synchronized(obj, lock, ctx=ctx)


def copy(obj):
    """The same in other shared memory."""
    new = _new(obj._code, obj._length)
    new._bytes[:] = obj._bytes
    return new


def synchronized(obj, lock=None, ctx=None):
    """A wrapper that takes a lock, which it makes if none is given."""
    assert not isinstance(obj, SynchronizedBase), "object already synchronized"
    if isinstance(obj, _Chars):
        return SynchronizedString(obj, lock, ctx)
    if isinstance(obj, _Row):
        return SynchronizedArray(obj, lock, ctx)
    return Synchronized(obj, lock, ctx)


class SynchronizedBase:
    def __init__(self, obj, lock=None, ctx=None):
        self._obj = obj
        self._lock = lock or (ctx or get_context(force=True)).RLock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *args):
        return self._lock.__exit__(*args)

    def __reduce__(self):
        assert_spawning(self)
        return synchronized, (self._obj, self._lock)

    def get_obj(self):
        return self._obj

    def get_lock(self):
        return self._lock

    def __repr__(self):
        return f"<{type(self).__name__} wrapper for {self._obj}>"


def _under_lock(name):
    """The property of the object in memory, of which every look takes the lock."""

    def load(self):
        with self:
            return getattr(self._obj, name)

    def store(self, value):
        with self:
            setattr(self._obj, name, value)

    return property(load, store)


class Synchronized(SynchronizedBase):
    value = _under_lock("value")


class SynchronizedArray(SynchronizedBase):
    def __len__(self):
        return len(self._obj)

    def __getitem__(self, key):
        with self:
            return self._obj[key]

    def __setitem__(self, key, value):
        with self:
            self._obj[key] = value


class SynchronizedString(SynchronizedArray):
    value = _under_lock("value")
    raw = _under_lock("raw")
