# Type comments in syntax trees, and what is no place for them.
import ast

SOURCE = """
def f(a,  # type: int
      b=1,  # type: str
      *args,  # type: bytes
      c,  # type: float
      **kw  # type: object
      ):
    # type: (...) -> None
    x = []  # type: list[int]
    for i in x:  # type: int
        pass
    with open(a) as g:  # type: IO
        pass
    y = 1  # type: ignore
    return  # type: ignore[name]
# type: ignore
async def g(): # type: () -> int
    async with a as b, c: # type: int
        pass
    async for q in r: # type: int
        pass
"""
print(ast.dump(ast.parse(SOURCE, type_comments=True), indent=1))
print(ast.dump(ast.parse(SOURCE), indent=None) == ast.dump(ast.parse(SOURCE.replace("# type", "#"))))
for source in [
    "def f(\n    *, # type: int\n    a, # type: int\n):\n    pass\n",
    "if a: # type: int\n    pass\n",
    "x: int = 1 # type: int\n",
    "# type: int\nx = 1\n",
]:
    try:
        print(ast.dump(ast.parse(source, type_comments=True)))
    except SyntaxError as e:
        print(e.msg, e.lineno, e.offset, e.end_offset)

exec("from __future__ import barry_as_FLUFL\nprint(1 <> 2, '1 <> 2', f'{1 <> 1}')")
try:
    exec("from __future__ import barry_as_FLUFL\nprint(1 != 2)")
except SyntaxError as e:
    print(e.msg, e.lineno, e.offset)
try:
    exec("1 <> 2")
except SyntaxError as e:
    print(e.msg)
