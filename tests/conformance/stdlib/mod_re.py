# re.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import re
tests = [(r"a+b", "xaaab"), (r"(\w+)@(\w+)\.com", "me: joe@site.com!"), (r"^\d{3}-\d{4}$", "555-1234"), (r"(?P<y>\d{4})-(?P<m>\d\d)", "on 2024-05"), (r"(a|b)*c", "ababc"), (r"(?i)HELLO", "say hello"), (r"\bfoo\b", "a foo b"), (r"x*?y", "xxy"), (r"(?:ab)+", "ababab"), (r"a(?=b)", "acab"), (r"(?<=\$)\d+", "cost $42"), (r"(?<!a)b", "abb"), (r"(.)\1", "hello"), (r"[^a-z\s]+", "abc DEF 12"), (r"(?s)a.b", "a\nb"), (r"(?m)^b", "a\nb"), (r"a{2,3}", "aaaa"), (r"a{2,3}?", "aaaa"), (r"(a)?(b)?c", "bc"), (r"\u00e9+", "éé"), (r"[\w-]+", "naïve-x"), (r"(?x) a  b # c", "ab"), (r"(?P<q>['\"]).*?(?P=q)", "say 'hi' \"x\""), (r"(a)(?(1)b|c)", "ab"), (r"a++b", "aaab"), (r"(?>a+)b", "aab"), (r"\Aa\Z", "a"), (r"nothing", "here"), (r"", "abc"), (r"[]x]", "]"), (r"\d+(?:\.\d*)?|\.\d+", ".5 1. 2.25"), (r"(x+x+)+y", "xxxxxxy")]
for pattern, text in tests:
    m = re.search(pattern, text)
    print(pattern, "|", m and (m.group(), m.span(), m.groups(), m.groupdict(), m.lastindex, m.lastgroup), re.findall(pattern, text), bool(re.match(pattern, text)), bool(re.fullmatch(pattern, text)))
print(re.sub(r"\d", "#", "a1b22"), re.sub(r"(\w)(\d)", r"\2\1", "a1 b2"), re.sub(r"(?P<x>a)", r"<\g<x>\g<0>>", "aba"), re.sub("a", lambda m: m.group().upper() + str(m.start()), "banana", count=2), re.subn("a", "", "banana"), re.sub("", "-", "abc"), re.sub(r"\s+", " ", " a \n b "), re.sub("x*", "-", "axb"))
print(re.split(r"[,;]\s*", "a, b;c,d"), re.split(r"(,)", "a,b"), re.split(r",", "a,b,c", maxsplit=1), re.split(r"\s*", "a b"), re.escape("a.b*c[d] é_-"), [m.group() for m in re.finditer(r"\w+", "the cat sat")], [m.span() for m in re.finditer("a", "banana")])
p = re.compile(r"(\w)(\d)?", re.I | re.M)
print(p.pattern, p.flags, p.groups, p.groupindex, p.match("ab", 1).span(), p.search("  z9").groups("default"), p.fullmatch("a1").group(1, 2), p == re.compile(r"(\w)(\d)?", re.I | re.M), repr(re.compile("a", re.I)), repr(re.match("a", "abc")), re.compile(b"a+").findall(b"baab"))
m = re.match(r"(?P<first>\w+) (?P<last>\w+)", "Ada Lovelace rest")
print(m["first"], m[2], m.group("last"), m.start(2), m.end("last"), m.expand(r"\2, \1"), m.string, m.re.groups, m.pos, m.endpos, m.regs, m.groupdict())
show("re.compile('(')", "re.compile('*')", "re.compile('[')", "re.compile('a{2,1}')", "re.compile('(?P<n>a)(?P<n>b)')", "re.compile('\\\\')", "re.compile('(?P<1>a)')", "re.compile('[b-a]')", "re.compile('(?<=a+)b')", "re.compile('a**')", "re.compile(')')", "re.compile('\\\\1')", "re.compile('(?z)')", "re.sub('a', '\\\\1', 'a')", "re.match('a', b'a')", "re.match('a', 5)", "re.match('(a)', 'a').group(2)", "re.match('(a)', 'a').group('x')", "re.match('a', 'b').group()", "re.compile('a', 'b')", "re.sub('a', '\\\\g<x>', 'a')", "re.compile(5)", "re.compile('(?i)a').flags == re.compile('a', re.I).flags", "re.NOFLAG", "re.I | re.M", "re.findall('(a)(b)?', 'aab')", "re.findall('', 'ab')", "re.purge()", "re.error is re.PatternError")
print(re.findall(r"(?i)straße|ß", "STRASSE straße ẞ"), re.findall(r"\w+", "été 漢字 ١٢٣ _a"), re.findall(r"\d", "1٣a"), re.findall(r"(?a)\w", "éa"), re.findall(r"\s", "a\u00a0b\u3000"), re.match(r"(?u:é)", "é") is not None, re.findall(r"[а-я]+", "привет мир"), re.search("(?i)К", "к"))
scanner = re.Scanner([(r"\d+", lambda s, t: int(t)), (r"\w+", lambda s, t: t), (r"\s+", None)])
print(scanner.scan("abc 12 x!"))
log = "2024-01-02 ERROR [db] failed: timeout=30\n2024-01-03 INFO [web] ok: code=200\n" * 50
rows = re.findall(r"^(\d+)-(\d+)-(\d+) (\w+) \[(\w+)\] .*?(\w+)=(\d+)$", log, re.M)
print(len(rows), rows[0], rows[-1], len(re.findall(r"[aeiou]{2,}", "queueing aerial " * 100)), len(re.sub(r"(\w+)", r"<\1>", "word " * 1000)))
