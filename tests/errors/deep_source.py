import sys

for name, text in (
    ("parentheses", "(" * 1000 + "1" + ")" * 1000),
    ("brackets", "[" * 1000 + "]" * 1000),
    ("unary", "-" * 100_000 + "1"),
    ("not", "not " * 50_000 + "1"),
    ("attributes", "x" + ".a" * 100_000),
    ("calls", "f" + "()" * 50_000),
    ("lambda", "lambda: " * 20_000 + "1"),
    ("ternary", "1 if 1 else " * 20_000 + "1"),
    ("open", "(" * 500),
    ("fstring", "f'{" * 3 + "1" + "}'" * 3),
    ("power", "2 ** " * 20_000 + "1"),
):
    try:
        compile(text, "<deep>", "eval")
        outcome = "compiled"
    except (SyntaxError, RecursionError, MemoryError) as e:
        outcome = "refused"
    # Whether the others are refused is the interpreter's choice: they must only end.
    print(name, outcome if name in ("parentheses", "brackets", "open", "fstring") else "ended")
blocks = "".join(" " * i + "if 1:\n" for i in range(150)) + " " * 150 + "pass\n"
try:
    compile(blocks, "<deep>", "exec")
    print("compiled")
except SyntaxError as e:
    print(type(e).__name__, e.msg)
loops = "".join(" " * i + "for x in y:\n" for i in range(30)) + " " * 30 + "pass\n"
try:
    compile(loops, "<deep>", "exec")
    print("compiled")
except SyntaxError as e:
    print(type(e).__name__, e.msg)
print("long sum", eval("+".join(["1"] * 3000)))
print("many statements", compile("x = 1\n" * 20_000, "<deep>", "exec") is not None)
