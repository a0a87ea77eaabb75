# string and textwrap.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import string, textwrap
print(string.ascii_lowercase, string.ascii_uppercase, string.digits, string.hexdigits, string.octdigits, repr(string.punctuation), repr(string.whitespace), len(string.printable), string.capwords("hello  big world"), string.capwords("a-b", "-"))
t = string.Template("$who likes ${what}s and $$5")
print(t.substitute(who="Ann", what="cat"), t.substitute({"who": "Bob"}, what="dog"), t.safe_substitute(who="X"), t.get_identifiers(), t.is_valid(), string.Template("$1").is_valid())
show("t.substitute(who=1)", "string.Template('$').substitute()", "string.Template('$1').substitute()", "string.Formatter().format('{} {x:>4}', 1, x=2)", "string.Formatter().vformat('{0[a]}', [{'a': 1}], {})", "list(string.Formatter().parse('a{b!r:c}d{{}}'))", "string.Formatter().format('{}')")
class F(string.Formatter):
    def get_value(self, key, args, kw):
        return f"<{key}>" if isinstance(key, str) else super().get_value(key, args, kw)
print(F().format("{name} {0}", 5))
text = "The quick brown fox jumped over the lazy dog. It was a very-long-hyphenated sentence, indeed; supercalifragilisticexpialidocious!"
for width in (20, 30, 50):
    print(textwrap.fill(text, width))
print(textwrap.wrap(text, 25, initial_indent="* ", subsequent_indent="  "), textwrap.wrap("", 10), textwrap.wrap("a b c", 1), textwrap.wrap("abcdefgh", 3), textwrap.wrap("abcdefgh ij", 3, break_long_words=False), textwrap.wrap("a-b-c", 3, break_on_hyphens=False), textwrap.wrap(text, 30, max_lines=2), textwrap.wrap("a\tb  c\n\nd", 80), textwrap.wrap("x " * 10, 7, drop_whitespace=False))
print(textwrap.shorten("Hello  world, this is long", 18), textwrap.shorten("Hello world", 5), textwrap.shorten("a b c", 50), textwrap.shorten("Hello world foo", 12, placeholder="..."))
print(repr(textwrap.dedent("""
    first
      second

    third
    """)), repr(textwrap.dedent("  a\n b\n")), repr(textwrap.dedent("\ta\n\t b")), repr(textwrap.indent("a\n\nb\n", "> ")), repr(textwrap.indent("a\n\nb", "> ", lambda line: True)))
show("textwrap.wrap('a', 0)", "textwrap.TextWrapper(width=10, fix_sentence_endings=True).fill('One. two. Three? yes')", "textwrap.fill('x', 5, bad=1)")
