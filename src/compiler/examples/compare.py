"""Compare code objects of pycompile with CPython 3.14's.

    python3.14 compare.py PYCOMPILE FILE...        (PYCOMPILE: the built example)

Prints one line per kind of difference with an example, then totals.
"""
import collections, dis, marshal, os, re, subprocess, sys, tempfile, types, warnings

FIELDS = ["co_name", "co_qualname", "co_flags", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount",
          "co_firstlineno", "co_varnames", "co_cellvars", "co_freevars", "co_names", "co_stacksize",
          "co_code", "co_exceptiontable", "co_linetable"]


def plain(value):
    """Constants as comparable text; code objects are compared on their own."""
    if isinstance(value, types.CodeType):
        return "code " + value.co_qualname
    if isinstance(value, tuple):
        return "(" + ", ".join(map(plain, value)) + ")"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(plain, value))) + "}"
    return repr(value)


def listing(code):
    lines = []
    for i in dis.get_instructions(code):
        p = i.positions
        lines.append(f"{i.opname} {i.arg} ({re.sub(' at 0x[0-9a-f]+', '', i.argrepr)[:50]}) {p.lineno}:{p.col_offset}-{p.end_lineno}:{p.end_col_offset}")
    return lines


KINDS = {"Syntax": "SyntaxError", "Indentation": "IndentationError", "Tab": "TabError", "Memory": "MemoryError",
         "Recursion": "RecursionError", "Overflow": "OverflowError", "Value": "ValueError"}


class Report:
    def __init__(self, verbose):
        self.kinds = collections.Counter()
        self.examples = collections.defaultdict(list)
        self.wrong = self.wrong_equal = self.codes = self.equal = self.instructions_equal = 0
        self.verbose = verbose

    def differ(self, kind, where, detail):
        self.kinds[kind] += 1
        if len(self.examples[kind]) < self.verbose:
            self.examples[kind].append((where, detail))

    def errors(self, path, ours, theirs):
        kind, rest = ours.split("\n", 1)
        msg, place = rest.rsplit("\n", 1)
        ours = [KINDS.get(kind, kind), msg, *(int(n) for n in place.split())]
        get = lambda name: getattr(theirs, name, None) or 0
        theirs = [type(theirs).__name__, get("msg") or str(theirs), get("lineno"), get("offset"),
                  get("end_lineno"), get("end_offset")]
        self.wrong += 1
        if ours == theirs:
            self.wrong_equal += 1
        else:
            kind = "error place" if ours[:2] == theirs[:2] else "error words"
            self.differ(kind, path, f"\n    ours   {ours}\n    theirs {theirs}")

    def compare(self, path, ours, theirs):
        where = f"{path}:{theirs.co_firstlineno} {theirs.co_qualname}"
        self.codes += 1
        same = True
        if ours.co_code == theirs.co_code:
            self.instructions_equal += 1
        for field in FIELDS:
            a, b = getattr(ours, field), getattr(theirs, field)
            if a != b:
                same = False
                detail = f"ours {a!r}\n    theirs {b!r}"
                if field in ("co_code", "co_linetable"):
                    try:
                        x, y = listing(ours), listing(theirs)
                    except Exception as e:
                        x, y = [f"broken {e!r}"], listing(theirs)
                    at = next((n for n, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
                    detail = "\n".join([""] + ["     = " + l for l in x[max(0, at - 3):at]]
                                       + ["     - " + l for l in x[at:at + 6]] + ["     + " + l for l in y[at:at + 6]])
                self.differ(field, where, detail)
                break
        ours_k, theirs_k = list(map(plain, ours.co_consts)), list(map(plain, theirs.co_consts))
        if same and ours_k != theirs_k:
            same = False
            self.differ("co_consts", where, f"\n    ours {ours_k}\n    theirs {theirs_k}")
        self.equal += same
        inner = [[c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (ours, theirs)]
        if len(inner[0]) == len(inner[1]):
            for a, b in zip(*inner):
                self.compare(path, a, b)
        else:
            self.differ("inner code", where, "")


def main():
    verbose = int(os.environ.get("VERBOSE", "3"))
    tool, *files = sys.argv[1:]
    if files and files[0].startswith("@"):
        with open(files[0][1:]) as f:
            files = f.read().splitlines()
    level = sys.flags.optimize
    mode = os.environ.get("PYCOMPILE_MODE", "exec")
    report = Report(verbose)
    for start in range(0, len(files), 500):
        batch = files[start:start + 500]
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([tool, out, *batch], check=True)
            for n, path in enumerate(batch):
                with open(path, "rb") as f:
                    source = f.read()
                try:
                    try:
                        source = source.decode() if b"coding" not in source[:200] else source
                    except UnicodeDecodeError:
                        pass
                    with warnings.catch_warnings(record=True) as caught:
                        warnings.simplefilter("always")
                        theirs = compile(source, "<compared>", mode, dont_inherit=True, optimize=level)
                except (SyntaxError, ValueError) as e:
                    theirs = e
                if os.path.exists(f"{out}/{n}.err"):
                    with open(f"{out}/{n}.err") as f:
                        error = f.read()
                    if not isinstance(theirs, Exception):
                        report.differ("we refuse", path, error)
                    else:
                        report.errors(path, error, theirs)
                    continue
                if not os.path.exists(f"{out}/{n}.bin"):
                    report.differ("nothing", path, "")
                    continue
                if isinstance(theirs, Exception):
                    report.differ("we accept", path, repr(theirs))
                    continue
                with open(f"{out}/{n}.warn") as f:
                    ours = f.read().splitlines()
                expected = [line for w in caught for line in f"{w.lineno} {w.message}".splitlines()]
                if sorted(ours) != sorted(expected):
                    report.differ("warnings", path, f"\n    ours   {ours}\n    theirs {expected}")
                with open(f"{out}/{n}.bin", "rb") as f:
                    data = f.read()
                try:
                    ours = marshal.loads(data)
                except Exception as e:
                    report.differ("marshal", path, repr(e))
                    continue
                report.compare(path, ours, theirs)
    for kind, count in report.kinds.most_common():
        print(f"{kind}: {count}")
        for where, detail in report.examples[kind]:
            print(f"  {where} {detail}")
    print(f"{report.equal} of {report.codes} code objects are equal; {report.instructions_equal} have equal instructions; "
          f"{report.wrong_equal} of {report.wrong} errors are equal")
    return bool(report.kinds)


sys.exit(main())
