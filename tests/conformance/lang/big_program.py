# A small interpreter, a priority queue, a text table: code in the style of ordinary programs.
import re
from collections import namedtuple
from functools import reduce

Token = namedtuple("Token", "kind text position")
SPEC = [("NUMBER", r"\d+(\.\d*)?"), ("NAME", r"[A-Za-z_]\w*"), ("OP", r"[-+*/^()=,]"), ("SKIP", r"\s+"), ("BAD", r".")]
PATTERN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in SPEC))


class CalcError(Exception):
    pass


def tokenize(text):
    for m in PATTERN.finditer(text):
        kind = m.lastgroup
        if kind == "SKIP":
            continue
        if kind == "BAD":
            raise CalcError(f"bad character {m.group()!r} at {m.start()}")
        yield Token(kind, m.group(), m.start())
    yield Token("END", "", len(text))


class Parser:
    BINARY = {"+": (1, lambda a, b: a + b), "-": (1, lambda a, b: a - b), "*": (2, lambda a, b: a * b), "/": (2, lambda a, b: a / b), "^": (3, lambda a, b: a ** b)}

    def __init__(self, text, names):
        self.tokens = list(tokenize(text))
        self.pos = 0
        self.names = names

    @property
    def current(self):
        return self.tokens[self.pos]

    def advance(self):
        token = self.current
        self.pos += 1
        return token

    def expect(self, text):
        if self.current.text != text:
            raise CalcError(f"expected {text!r}, found {self.current.text!r} at {self.current.position}")
        return self.advance()

    def statement(self):
        if self.current.kind == "NAME" and self.tokens[self.pos + 1].text == "=":
            name = self.advance().text
            self.advance()
            self.names[name] = value = self.expression(0)
        else:
            value = self.expression(0)
        if self.current.kind != "END":
            raise CalcError(f"unexpected {self.current.text!r}")
        return value

    def expression(self, level):
        left = self.atom()
        while (entry := self.BINARY.get(self.current.text)) and entry[0] > level:
            operator = self.advance().text
            power, action = entry
            right = self.expression(power - 1 if operator == "^" else power)
            try:
                left = action(left, right)
            except ZeroDivisionError as e:
                raise CalcError("division by zero") from e
        return left

    def atom(self):
        token = self.advance()
        match token:
            case Token("NUMBER", text):
                return float(text) if "." in text else int(text)
            case Token("NAME", text) if self.current.text == "(":
                self.advance()
                args = [self.expression(0)]
                while self.current.text == ",":
                    self.advance()
                    args.append(self.expression(0))
                self.expect(")")
                return self.names[text](*args)
            case Token("NAME", text):
                try:
                    return self.names[text]
                except KeyError:
                    raise CalcError(f"unknown name {text!r}") from None
            case Token("OP", "("):
                value = self.expression(0)
                self.expect(")")
                return value
            case Token("OP", "-"):
                return -self.expression(2)
        raise CalcError(f"unexpected {token.text!r} at {token.position}")


names = {"max": max, "sum": lambda *a: sum(a)}
for line in ("1 + 2 * 3", "(1 + 2) * 3", "x = 2 ^ 3 ^ 2", "x / 4", "y", "max(1, x, 3) - sum(1, 2, 3)", "1 / 0", "-2 ^ 2", "3 $ 4", "(1", "1 2", "2.5 * 4"):
    try:
        print(f"{line:<30} = {Parser(line, names).statement()}")
    except CalcError as e:
        print(f"{line:<30} ! {e} (cause {e.__cause__!r})")


def table(rows, headings):
    widths = [max(len(str(row[i])) for row in [headings, *rows]) for i in range(len(headings))]
    line = "+".join("-" * (w + 2) for w in widths)
    out = [" | ".join(f"{h:^{w}}" for h, w in zip(headings, widths)), line]
    out += [" | ".join(f"{c:>{w}}" if isinstance(c, (int, float)) else f"{c:<{w}}" for c, w in zip(row, widths)) for row in rows]
    return "\n".join(out)


print(table([("apple", 3, 1.5), ("fig", 12, 0.25), ("watermelon", 1, 30.0)], ("fruit", "n", "price")))


class Graph:
    def __init__(self):
        self.edges = {}

    def add(self, a, b, w):
        self.edges.setdefault(a, {})[b] = w
        self.edges.setdefault(b, {})[a] = w

    def shortest(self, start):
        import heapq

        dist, heap = {}, [(0, start)]
        while heap:
            d, node = heapq.heappop(heap)
            if node in dist:
                continue
            dist[node] = d
            for other, w in self.edges[node].items():
                if other not in dist:
                    heapq.heappush(heap, (d + w, other))
        return dist


g = Graph()
for i in range(30):
    g.add(i, (i * 7 + 3) % 30, i % 5 + 1)
    g.add(i, (i * 3 + 1) % 30, i % 3 + 2)
print(g.shortest(0))
print(reduce(lambda acc, w: {**acc, w: acc.get(w, 0) + 1}, "a b a c b a".split(), {}))


def sudoku(board):
    def candidates(i):
        r, c = divmod(i, 4)
        used = {board[r * 4 + k] for k in range(4)} | {board[k * 4 + c] for k in range(4)}
        used |= {board[(r // 2 * 2 + a) * 4 + c // 2 * 2 + b] for a in range(2) for b in range(2)}
        return [v for v in "1234" if v not in used]

    if "." not in board:
        return board
    i = board.index(".")
    for v in candidates(i):
        if solved := sudoku(board[:i] + v + board[i + 1 :]):
            return solved
    return None


print(sudoku("1...." + "...3" + ".2.." + "..."))
