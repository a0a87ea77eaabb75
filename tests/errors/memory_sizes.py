import sys

for code in ("'x' * 10 ** 15", "[0] * 10 ** 15", "(0,) * 10 ** 15", "b'x' * 10 ** 15", "bytearray(10 ** 15)", "bytes(10 ** 15)", "'ab' * sys.maxsize", "[1, 2] * sys.maxsize", "bytearray(10) * sys.maxsize", "'x'.ljust(10 ** 15)", "'x'.center(10 ** 15)", "f'{1:1000000000000000}'", "'%1000000000000000d' % 1", "'x'.zfill(10 ** 15)", "('x' * 10 ** 7).replace('x', 'y' * 10 ** 8)", "[0] * -10 ** 15",
             "list(range(10 ** 15))[:0] if False else 'skipped'", "'x' * 2 ** 63", "1 << 2 ** 63", "range(10 ** 30)[5]", "(b'\\t' * 10).expandtabs(10 ** 15)"):
    try:
        value = eval(code)
        print(code, "=", len(value) if hasattr(value, "__len__") else value)
    except (MemoryError, OverflowError, ValueError) as e:
        print(code, "->", type(e).__name__, e)
