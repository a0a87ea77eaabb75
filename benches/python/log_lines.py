"""Log records: refused by level, formatted, handed to a handler; text taken apart with `re` and `str` methods."""

import io
import logging
import re

from best import report

PATTERN = re.compile(r"(?P<level>[A-Z]+):(?P<name>\w+):.*?(?P<number>\d+)$")


def log_lines():
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    log = logging.getLogger("bench")
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.INFO)
    for i in range(9_000):
        log.debug("not told %d", i)
        log.debug("nor this")
        if i % 3 == 0:
            log.info("line %s of %d", "some", i)
            log.warning("without arguments %i" % i)
    total = 0
    counts = {}
    for line in out.getvalue().splitlines():
        found = PATTERN.match(line)
        if found is not None:
            total += int(found["number"])
            level = found["level"].lower()
            counts[level] = counts.get(level, 0) + 1
        total += len(line.partition(":")[2].split())
    re.purge()
    for word in "one", "two", "three":
        total += len(re.compile(rf"\b{word}(?:s|ing)?\b|[a-{word[-1]}]+?x").pattern)
    return total, sorted(counts.items())


report(log_lines)
