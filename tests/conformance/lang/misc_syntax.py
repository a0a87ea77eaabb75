# Literals, line joining, semicolons, star expressions, global statements, conditional imports, type statements, lambda.
print("a" "b" 'c', """d"e""", '''f'g''', r"\n", "\x41\u00e9\U0001F600\N{BULLET}\t|\101\0".encode("unicode_escape"), b"\x00\xff\n", "line\
 joined")
total = 1 + \
    2 + (3
         + 4)
print(total); print("semi"); x = 1; y = 2
print(x, y)
if x: pass; print("inline")
print(0xDEAD_BEEF, 0B11, 0O17, 1E5, 1_2.3_4e+1_0, 1J, 0_0)
print(type(...), ..., NotImplemented, None, __debug__)
print([1, 2, 3][-1], "abc"[::-1], (1, 2, 3)[1:], [1, 2, 3][slice(1, None)])
print((lambda: 1)(), (lambda a, *b, c=1, **d: (a, b, c, d))(1, 2, c=3, d=4), (lambda *, k: k)(k=5))
print(not True == False, not (True == False), 1 if True else 2, (1, 2) if False else 3)
print(1 .bit_length(), 1..is_integer(), (1).__add__(2), "a".upper().lower(), [1][0].real)
type Alias[T] = list[T]
print(Alias, Alias.__value__, Alias.__type_params__)


def generic[T: int, *Ts, **P](x: T) -> T:
    return x


class Box[T]:
    def __init__(self, item: T):
        self.item = item


print(generic(5), generic.__type_params__, Box[int](3).item, Box.__type_params__, Box[int])
print(list[int], dict[str, int], tuple[int, ...], int | str, int | None, list[int] == list[int], isinstance(5, int | str))
import ast

print(ast.unparse(ast.parse("a = b + 1")) if False else "no ast needed")
print(eval("1 + 1"), eval(compile("2 * 3", "<s>", "eval")), eval("x + z", {"x": 1, "z": 2}))
exec("q = 10")
print(q)
for code in ("1 +", "def", "x = = 2", "(", "a b", "return", "'abc", "if True\n  pass", "  x", "break", "f(a=1, 2)", "1 = x", "lambda x x", "for in x", "import", "nonlocal x", "yield", "*a", "x := 1", "def f(a, a): pass", "def f(a=1, b): pass", "f(**a, *b)", "{**a}[", "None = 1", "del 5", "f() = 1",
             "class", "global x; x: int = 1", "try: pass", "async", "await x", "\"\\N{no such}\"", "0777", "1__0", "0b2", "'a' b'c'", "f'{'", "f'{}'", "x = yield = 1", "with open() as 5: pass", "a, b += 1", "print 1", "exec 'x'", "else: pass", "case 1: pass", "@", "\tif 1:\n        x\n\ty", "def f():\nreturn 1", "$", "?", "a!", "1a", "not"):
    try:
        compile(code, "<test>", "exec")
        print(repr(code), "compiles")
    except SyntaxError as e:
        print(repr(code), type(e).__name__)
print(compile("x", "name", "eval").co_filename, compile("pass", "n", "exec").co_name)
print(str(1.0), repr("it's"), repr('say "hi"'), repr("both ' and \""), repr("\n\t\\\x7f\u200b"), ascii("é"), repr(b"'\xff"))
a = [1, 2, 3]; a[0], a[1] = a[1], a[0]; print(a)
print({}.__class__, ().__class__, "".__class__.__name__, type(print).__name__, type(len) is type(print), type(lambda: 0).__name__, type(type).__name__, type(int.__add__).__name__, type("".join).__name__, type(int.from_bytes).__name__, type(str.join).__name__)
print(__name__, __doc__)


def outer():
    """doc"""
    x = 1
    class Inner:
        """inner doc"""
        y = x
    return Inner


print(outer.__doc__, outer().__doc__, outer().y)
print(1,
      2,  # comment
      3)
assert (1, 2) == (1, 2), "never"
print(chr(955), ord("λ"), λ := 5, λ + 1)
ﬁ = 3
print(fi)
