"""Incremental and stream codecs of the East Asian encodings; a subclass names its codec."""


class MultibyteIncrementalEncoder:
    def __init__(self, errors='strict'):
        self.errors = errors
        self._state = 0

    def encode(self, input, final=False):
        data, self._state = self.codec._encode_part(
            input, self.errors, final, self._state)
        return data

    def reset(self):
        self._state = 0

    def getstate(self):
        return self._state

    def setstate(self, state):
        self._state = state


class MultibyteIncrementalDecoder:
    def __init__(self, errors='strict'):
        self.errors = errors
        self._pending = b''

    def decode(self, input, final=False):
        text, self._pending = self.codec._decode_part(
            self._pending + bytes(input), self.errors, final)
        return text

    def reset(self):
        self._pending = b''

    def getstate(self):
        return self._pending, 0

    def setstate(self, state):
        self._pending = state[0]


class MultibyteStreamReader:
    def __init__(self, stream, errors='strict'):
        self.stream = stream
        self.errors = errors
        self._pending = b''

    def _decoded(self, read, size):
        while True:
            data = read() if size is None or size < 0 else read(size)
            last = not data or size is None or size < 0
            text, self._pending = self.codec._decode_part(
                self._pending + data, self.errors, last)
            if text or last:
                return text

    def read(self, size=-1):
        return self._decoded(self.stream.read, size)

    def readline(self, size=-1):
        return self._decoded(self.stream.readline, size)

    def readlines(self, sizehint=-1):
        return self._decoded(self.stream.read, sizehint).splitlines(True)

    def reset(self):
        self._pending = b''


class MultibyteStreamWriter:
    def __init__(self, stream, errors='strict'):
        self.stream = stream
        self.errors = errors
        self._state = 0

    def write(self, str):
        data, self._state = self.codec._encode_part(
            str, self.errors, False, self._state)
        self.stream.write(data)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def reset(self):
        data, self._state = self.codec._encode_part(
            '', self.errors, True, self._state)
        if data:
            self.stream.write(data)
