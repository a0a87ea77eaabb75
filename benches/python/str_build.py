"""Strings put together: `+=`, slices, find, strip, formats with a width."""

from best import report


def build():
    text = ""
    for i in range(30_000):
        text += "line "
        text += str(i)
    found = 0
    for i in range(20_000):
        part = text[i : i + 40]
        found += part.find("7") + len(part.strip()) + part.count("1") + part.startswith("line")
    table = [f"{i:>6}|{i:06d}|{i:<8}|" for i in range(10_000)]
    return len(text), found, len("".join(table).lower())


report(build)
