"""Compare the trees of astdump with CPython 3.14's.

    python3.14 compare_ast.py ASTDUMP FILE...      (ASTDUMP: the built example; @LIST names a file of files)
"""
import ast, struct, subprocess, sys, tempfile, warnings

warnings.simplefilter("ignore")


def constant(value):
    if value is None or value is True or value is False:
        return str(value)
    if value is ...:
        return "Ellipsis"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "f" + struct.pack(">d", value).hex()
    if isinstance(value, complex):
        return "j" + struct.pack(">d", value.imag).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-8", "surrogatepass").hex()
    return "b" + value.hex()


def dump(value, depth, out, is_constant=False):
    if isinstance(value, ast.AST):
        place = ""
        if "lineno" in value._attributes:
            place = f" {value.lineno} {value.col_offset} {value.end_lineno} {value.end_col_offset}"
        out.append(type(value).__name__ + place)
        for name in value._fields:
            out.append(" " * (depth + 1) + name + "=")
            tail = len(out)
            raw = (isinstance(value, (ast.Constant, ast.MatchSingleton)) and name == "value"
                   or isinstance(value, ast.Interpolation) and name == "str")
            dump(getattr(value, name), depth + 1, out, raw)
            out[tail - 1] += out.pop(tail)
    elif is_constant:
        out.append(constant(value))
    elif isinstance(value, list):
        out.append("[")
        for item in value:
            out.append(" " * (depth + 1))
            tail = len(out)
            dump(item, depth + 1, out)
            out[tail - 1] += out.pop(tail)
    else:
        out.append("-" if value is None else str(value))


def main():
    tool, *files = sys.argv[1:]
    sys.set_int_max_str_digits(0)
    if files and files[0].startswith("@"):
        with open(files[0][1:]) as f:
            files = f.read().splitlines()
    equal = wrong = 0
    for start in range(0, len(files), 300):
        batch = files[start:start + 300]
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([tool, folder, *batch], check=True)
            for n, path in enumerate(batch):
                with open(path, "rb") as f:
                    source = f.read()
                try:
                    theirs = []
                    dump(ast.parse(source), 0, theirs)
                except (SyntaxError, ValueError):
                    continue
                with open(f"{folder}/{n}.ast", encoding="utf-8") as f:
                    ours = f.read().splitlines()
                if ours == theirs:
                    equal += 1
                    continue
                wrong += 1
                at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
                print(f"{path}: ours {ours[at:at + 1]} theirs {theirs[at:at + 1]} after {theirs[max(0, at - 3):at]}")
    print(f"{equal} of {equal + wrong} trees are equal")
    return wrong > 0


sys.exit(main())
