# Text work: a Markdown-like converter, CSV by hand, INI parser, template engine, word wrap, caesar, roman numerals, anagrams.
import re, string, textwrap
from collections import Counter, defaultdict, OrderedDict
DOC = """# Title *here*

Some **bold** text, `code` and a [link](http://x.y/z?a=1&b=2).
Second line.

- one
- two **b**

1 < 2 & "quoted"
"""
def markdown(text):
    def inline(s):
        s = s.replace("&", "&amp;").replace("<", "&lt;")
        for pat, rep in ((r"\*\*(.+?)\*\*", r"<b>\1</b>"), (r"\*(.+?)\*", r"<i>\1</i>"), (r"`(.+?)`", r"<code>\1</code>"), (r"\[(.+?)\]\((.+?)\)", r'<a href="\2">\1</a>')):
            s = re.sub(pat, rep, s)
        return s
    for block in re.split(r"\n{2,}", text.strip()):
        if m := re.match(r"(#+) (.*)", block): yield f"<h{len(m[1])}>{inline(m[2])}</h{len(m[1])}>"
        elif block.startswith("- "): yield "<ul>" + "".join(f"<li>{inline(l[2:])}</li>" for l in block.splitlines()) + "</ul>"
        else: yield f"<p>{inline(block)}</p>"
print("\n".join(markdown(DOC)))
def parse_csv(text):
    row, cell, quoted, i = [], "", False, 0
    while i < len(text):
        ch = text[i]
        if quoted:
            if ch == '"':
                if text[i + 1:i + 2] == '"': cell += '"'; i += 1
                else: quoted = False
            else: cell += ch
        elif ch == '"': quoted = True
        elif ch == ",": row.append(cell); cell = ""
        elif ch == "\n": yield row + [cell]; row, cell = [], ""
        else: cell += ch
        i += 1
print(list(parse_csv('a,b,c\n1,"x, y","say ""hi"""\n,,\n')))
def parse_ini(text):
    out, section = OrderedDict(), None
    for n, line in enumerate(text.splitlines(), 1):
        line = line.split(";")[0].strip()
        if not line: continue
        if line[0] == "[" and line[-1] == "]": section = out.setdefault(line[1:-1], {})
        elif "=" in line:
            if section is None: raise SyntaxError(f"line {n}: no section")
            k, v = map(str.strip, line.split("=", 1)); section[k] = int(v) if v.isdigit() else v
        else: raise SyntaxError(f"line {n}: {line!r}")
    return out
print(dict(parse_ini("[a]\nx = 1 ; c\ny = two\n\n[b]\nz=3=4")))
for bad in ("x=1", "[a]\noops"):
    try: parse_ini(bad)
    except SyntaxError as e: print(e)
def render(template, **ctx):
    out, pos = [], 0
    for m in re.finditer(r"\{\{(.+?)\}\}|\{% for (\w+) in (\w+) %\}(.*?)\{% end %\}", template, re.S):
        out.append(template[pos:m.start()]); pos = m.end()
        if m[1]: out.append(str(eval(m[1].strip(), {}, ctx)))
        else: out += [render(m[4], **{**ctx, m[2]: item}) for item in ctx[m[3]]]
    return "".join(out) + template[pos:]
print(render("Hi {{ name.title() }}:{% for i in items %} <{{ i * 2 }}>{% end %}!", name="ann lee", items=[1, 2, 3]))
def caesar(s, k): return s.translate(str.maketrans(string.ascii_letters, "".join(a[k:] + a[:k] for a in (string.ascii_lowercase, string.ascii_uppercase))))
print(caesar("Hello, World!", 3), caesar(caesar("Hello, World!", 3), -3))
def roman(n):
    out = ""
    for v, s in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        q, n = divmod(n, v); out += s * q
    return out
print([roman(n) for n in (1, 4, 9, 14, 40, 90, 400, 1994, 2024, 3999)])
groups = defaultdict(list)
for w in "listen silent enlist google elgoog abc cab bca xyz".split(): groups["".join(sorted(w))].append(w)
print([v for v in groups.values() if len(v) > 1])
text = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness"
words = re.findall(r"[a-z]+", text.lower())
print(Counter(words).most_common(4), Counter(zip(words, words[1:])).most_common(2), len(set(words)), max(words, key=len))
print(textwrap.fill(text, 40, subsequent_indent="    "))
def justify(words, width):
    lines, line, n = [], [], 0
    for w in words:
        if n + len(w) + len(line) > width:
            gaps = max(len(line) - 1, 1); space, extra = divmod(width - n, gaps)
            lines.append("".join(x + " " * (space + (i < extra)) if i < gaps else x for i, x in enumerate(line)).ljust(width)[:width]); line, n = [], 0
        line.append(w); n += len(w)
    return lines + [" ".join(line)]
print("\n".join("|" + l + "|" for l in justify(text.split(), 30)))
def rle(s): return re.sub(r"(.)\1*", lambda m: f"{len(m[0])}{m[1]}" if len(m[0]) > 1 else m[1], s)
print(rle("aaabccddddde"), re.sub(r"(\d+)(\D)", lambda m: int(m[1]) * m[2], rle("aaabccddddde")))
print("".join(c for c in text if c not in "aeiou")[:40], text.title()[:30], text[::-1][:20], " ".join(w[::-1] for w in text.split()[:4]), sorted(set(text) & set(string.ascii_letters))[:8])
is_palindrome = lambda s: (t := [c.lower() for c in s if c.isalnum()]) == t[::-1]
print(is_palindrome("A man, a plan, a canal: Panama"), is_palindrome("nope"))
hexdump = lambda b: "\n".join(f"{i:04x}  {' '.join(f'{x:02x}' for x in b[i:i + 8]):<23}  {''.join(chr(x) if 32 <= x < 127 else '.' for x in b[i:i + 8])}" for i in range(0, len(b), 8))
print(hexdump("Hexdump: é\n€!".encode()))
