"""re: where a search begins. Alternatives, sets, prefixes and optional beginnings, on texts of each width, against a slow search
that tries every place."""

import re

patterns = [
    "abc", "a", "ab|cd", "[ab]c", "(?:ab|cd)+e", "a?bc", "a*b", "a+b", "(a|b)?c", "(?:)abc", "[^a]b", r"\w+\d", r"\bfoo\b", "^abc",
    r"\Aabc", "abc$", "(?i)ABC", "(?i)[a-c]x", "(?i:é)t", "é", "[é-ü]x", "€uro|dollar", "[€$]\\d+", "\U0001f600b", ".b", "(?s).b", "a.c",
    "(?=ab)a", "(?!b)[ab]c", "(?<=a)b", "(?<!a)b", "(?>ab|a)c", "a{2,3}b", "(?:ab){2}c", "(?:ab){0,2}c", "(x)?(?(1)y|z)", "a*?b", "a++b",
    "[ab]{3}[cd]{3}[ef]{3}", "agggtaaa|tttaccct", "[cgt]gggtaaa|tttaccc[acg]", "(a)(b)?\\2c|abd", "", "|a", "a||b", "(?:a|)(?:b|)(?:c|)d",
    "(?:(?:a|b)(?:c|d)(?:e|f)(?:g|h)){1,}i", "x*", "x*?y", "[^\\n]*,", "(?m)^b", "(?m)a$", "\\s*=\\s*", "['\"].*?['\"]",
]
texts = [
    "", "a", "abc", "xabcx", "aabbabc", "cdcdabe", "aaab", "aab b2 c3", "foo food foo", "ABC aBx", "Ét ét", "x\nb\nab", "€uro 5 $7 €9",
    "dollar", "\U0001f600b \U0001f600", "zabz", "aaaab", "ababc", "xyz z xy", "agggtaaattacccttttaccct", "gggtaaa cgggtaaa", "abcabd abd",
    "acegi bdfhi acfgbdehi", "k = v, w  =x", "say 'hi' \"ho\"", "dd", "bcd", "éx üx ùx", "aaabbbccdef", "abacadcdcefef",
]
checked = 0
for p in patterns:
    c = re.compile(p)
    line = []
    for t in texts:
        m = c.search(t)
        slow = next((x for i in range(len(t) + 1) if (x := c.match(t, i))), None)
        assert (m and (m.span(), m.groups())) == (slow and (slow.span(), slow.groups())), (p, t, m, slow)
        for pos in range(0, len(t), 3):
            m = c.search(t, pos, len(t) - 1)
            slow = next((x for i in range(pos, len(t)) if (x := c.match(t, i, len(t) - 1))), None)
            assert (m and m.span()) == (slow and slow.span()), (p, t, pos, m, slow)
        line.append(len(c.findall(t)))
        checked += 1
    print(p, line, c.sub("<>", texts[7]), c.split(texts[23])[:3])
    if p.isascii():
        b = re.compile(p.encode())
        for t in texts:
            if t.isascii():
                assert [m.span() for m in b.finditer(t.encode())] == [m.span() for m in c.finditer(t)], (p, t)
print(checked)
