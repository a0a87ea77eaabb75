"""Statistics over the identifiers and words of Python source files, by default the whole standard library.

The files go to the threads one by one, the largest first; each thread counts into dictionaries of its own, which are
merged at the end, by all threads too.
"""

import os
import sys

from common import WorkList, checksum, in_threads, main, map_in_threads

# What is not part of an identifier becomes a blank, so that split() finds the identifiers.
BLANKS = {
    code: " "
    for code in range(128)
    if not (chr(code).isalnum() or chr(code) == "_")
}
FILES = []


def library_files():
    """Yield (name, text) of every module of the standard library of the interpreter that runs this."""
    try:
        import typhon
    except ImportError:
        yield from folder_files(os.path.dirname(os.__file__))
    else:
        yield from typhon.library_files()


def folder_files(top):
    """Yield (name, text) of every Python file below `top`."""
    for folder, subfolders, names in os.walk(top):
        subfolders[:] = sorted(n for n in subfolders if n not in ("__pycache__", "site-packages", "dist-packages"))
        for name in sorted(names):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                try:
                    with open(path, encoding="utf-8") as file:
                        text = file.read()
                except (UnicodeDecodeError, OSError):
                    continue
                yield os.path.relpath(path, top), text


def prepare(options):
    if options.dir and not os.path.isdir(options.dir):
        print(f"wordstats: no such folder: {options.dir}", file=sys.stderr)
        sys.exit(2)
    FILES.extend(folder_files(options.dir) if options.dir else library_files())
    if not FILES:
        print(f"wordstats: no Python file in {options.dir}", file=sys.stderr)
        sys.exit(2)
    FILES.sort(key=lambda file: (-len(file[1]), file[0]))


class Tally:
    """What one thread has counted."""

    def __init__(self):
        self.identifiers = {}
        self.words = {}
        self.pairs = {}
        self.indents = {}
        self.lines = 0
        self.blank_lines = 0
        self.comment_lines = 0
        self.longest_line = (0, "")

    def add_file(self, name, text):
        identifiers = self.identifiers
        words = self.words
        pairs = self.pairs
        for line in text.split("\n"):
            self.lines += 1
            stripped = line.strip()
            if not stripped:
                self.blank_lines += 1
                continue
            if stripped[0] == "#":
                self.comment_lines += 1
            indent = len(line) - len(line.lstrip())
            self.indents[indent] = self.indents.get(indent, 0) + 1
            if len(line) > self.longest_line[0] or (len(line) == self.longest_line[0] and name < self.longest_line[1]):
                self.longest_line = (len(line), name)
            previous = ""
            for token in stripped.translate(BLANKS).split():
                if token[0].isdigit():
                    continue
                identifiers[token] = identifiers.get(token, 0) + 1
                for word in token.lower().split("_"):
                    if len(word) > 2:
                        words[word] = words.get(word, 0) + 1
                if previous:
                    initials = previous[0] + token[0]
                    pairs[initials] = pairs.get(initials, 0) + 1
                previous = token

    def merge_numbers(self, other):
        self.lines += other.lines
        self.blank_lines += other.blank_lines
        self.comment_lines += other.comment_lines
        mine, theirs = self.longest_line, other.longest_line
        if theirs[0] > mine[0] or (theirs[0] == mine[0] and theirs[1] < mine[1]):
            self.longest_line = theirs

    def tables(self):
        """The dictionaries, the largest first."""
        return self.identifiers, self.words, self.pairs, self.indents


def merge_table(job):
    mine, theirs = job
    for key, count in theirs.items():
        mine[key] = mine.get(key, 0) + count


def merged(tallies, threads):
    """One tally of all: neighbours are merged, table by table, until one is left."""
    while len(tallies) > 1:
        pairs = list(zip(tallies[::2], tallies[1::2]))
        for mine, theirs in pairs:
            mine.merge_numbers(theirs)
        jobs = [tables for mine, theirs in pairs for tables in zip(mine.tables(), theirs.tables())]
        map_in_threads(threads, merge_table, jobs)
        tallies = tallies[::2]
    return tallies[0]


def longest(counts):
    """The three longest names, those of one length by name: few need to be put in order for that."""
    lengths = sorted(map(len, counts), reverse=True)[:3]
    return sorted((name for name in counts if len(name) >= lengths[-1]), key=lambda name: (-len(name), name))[:3]


# How many of the most frequent go into the checksum.
TOP = 500


def top(counts):
    """The most frequent entries in order, those as frequent by name."""
    frequencies = sorted(counts.values(), reverse=True)
    least = frequencies[TOP - 1] if len(frequencies) > TOP else 0
    frequent = [(name, count) for name, count in counts.items() if count >= least]
    return sorted(frequent, key=lambda item: (-item[1], item[0]))[:TOP]


class Summary:
    """What is told of a table."""

    def __init__(self, counts):
        self.ranked = top(counts)
        self.different = len(counts)
        self.total = sum(counts.values())

    def most_frequent(self, how_many):
        return ", ".join(f"{name} {count}" for name, count in self.ranked[:how_many])


def run(options, threads):
    work = WorkList(FILES * options.size)

    def count(_index):
        tally = Tally()
        for name, text in work:
            tally.add_file(name, text)
        return tally

    total = merged(in_threads(threads, count), threads)

    # The merged tables go to the threads once more: they are read only from here on.
    questions = [(longest, total.identifiers), *((Summary, table) for table in total.tables())]
    longest_identifiers, *summaries = map_in_threads(threads, lambda job: job[0](job[1]), questions)
    identifiers, words, pairs, indents = summaries
    totals = [total.lines, total.blank_lines, total.comment_lines, total.longest_line]
    for summary in summaries:
        totals += [summary.different, summary.total]
    totals += [longest_identifiers, words.most_frequent(TOP), identifiers.most_frequent(TOP)]
    return [
        f"files: {len(FILES)}, characters: {sum(len(text) for _, text in FILES)}",
        f"lines: {total.lines}, blank {total.blank_lines}, comments {total.comment_lines}",
        f"identifiers: {identifiers.total}, different {identifiers.different}",
        f"most frequent: {identifiers.most_frequent(10)}",
        f"words: {words.total}, different {words.different}",
        f"most frequent: {words.most_frequent(10)}",
        f"initials of neighbours: {pairs.most_frequent(10)}",
        f"indents: {indents.most_frequent(10)}",
        f"longest identifiers: {', '.join(longest_identifiers)}",
        f"checksum: {checksum(totals)}",
    ]


if __name__ == "__main__":
    main(
        "wordstats",
        "Identifier and word statistics over the standard library or a folder of Python files.",
        run,
        size=1,
        size_help="passes over the files",
        extra={"dir": ("", "count the *.py files below X instead of the standard library")},
        prepare=prepare,
    )
