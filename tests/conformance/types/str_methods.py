# str methods.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("'hello world'.capitalize()", "'HELLO'.lower()", "'ß'.upper()", "'ß'.casefold()", "'hello world'.title()", "\"they're bill's\".title()", "'Hello'.swapcase()", "'ǆ'.title()", "'İ'.lower()", "'ΑΣ'.lower()", "'ﬁ'.upper()", "'ﬁ'.capitalize()")
show("'abc'.center(10)", "'abc'.center(10, '*')", "'abc'.center(9, '*')", "'abcd'.center(9, '*')", "'abc'.ljust(6, '.')", "'abc'.rjust(6)", "'42'.zfill(5)", "'-42'.zfill(5)", "'+x'.zfill(4)", "''.zfill(2)", "'abc'.center(2)", "'abc'.center(5, 'xx')", "'abc'.ljust(5, 1)")
show("'banana'.count('a')", "'banana'.count('ana')", "'banana'.count('')", "'banana'.count('a', 2)", "'banana'.count('a', 2, 4)", "'banana'.find('na')", "'banana'.find('na', 3)", "'banana'.find('x')", "'banana'.rfind('na')", "'banana'.index('n')", "'banana'.index('x')", "'banana'.rindex('a')", "'banana'.rindex('x')", "'banana'.find('')", "'banana'.rfind('')", "'banana'.find('', 10)", "'banana'.find('a', -2)", "'banana'.find(1)", "'a' in 'abc'", "'' in ''", "1 in 'abc'")
show("'abc'.startswith('ab')", "'abc'.startswith(('x', 'a'))", "'abc'.endswith('bc')", "'abc'.startswith('b', 1)", "'abc'.endswith(('c', 'd'), 0, 3)", "'abc'.startswith(1)", "'abc'.startswith(['a'])", "'abc'.startswith((1,))", "''.startswith('')", "'abc'.startswith('', 4)", "'abc'.removeprefix('ab')", "'abc'.removesuffix('bc')", "'abc'.removeprefix('x')")
show("' a b  c '.split()", "'a,b,,c'.split(',')", "'a,b,c'.split(',', 1)", "' a  b '.split(None, 1)", "'a b c'.rsplit(' ', 1)", "' a b c '.rsplit(None, 1)", "''.split()", "''.split(',')", "'abc'.split('')", "'a--b--c'.split('--')", "'abc'.split(1)", "'a\\nb\\r\\nc\\rd\\x0be\\x1cf\\u2028g'.splitlines()", "'a\\nb\\n'.splitlines(True)", "''.splitlines()", "'a=b=c'.partition('=')", "'abc'.partition('=')", "'a=b=c'.rpartition('=')", "'abc'.rpartition('=')", "'abc'.partition('')", "'a b'.split(maxsplit=0)", "'a b'.split(sep=' ')")
show("'  x '.strip()", "'xxaxx'.strip('x')", "'abcba'.lstrip('ab')", "'abcba'.rstrip('ab')", "'\\t\\n x\\u3000'.strip()", "'x'.strip(1)", "'abc'.strip('')", "','.join(['a', 'b'])", "''.join([])", "','.join('abc')", "','.join([1])", "','.join(5)", "','.join(['a', None])", "'-'.join({'k': 1})", "'ab'.join(['x'])")
show("'aXbX'.replace('X', 'yy')", "'aXbX'.replace('X', '', 1)", "'abc'.replace('', '-')", "'abc'.replace('', '-', 2)", "'aaa'.replace('aa', 'b')", "''.replace('', 'x')", "'abc'.replace('b', 'b')", "'abc'.replace('a', 1)", "'aé€😀'.replace('é', '😀')", "'a\\tb'.expandtabs()", "'a\\tbc\\td'.expandtabs(4)", "'\\t'.expandtabs(0)", "'abc'.translate({97: 'X', 98: None, 99: 0x1F600})", "'abc'.translate(str.maketrans('ab', 'xy', 'c'))", "str.maketrans({'a': 1, 'b': 'z'})", "str.maketrans('a', 'bc')", "str.maketrans({'ab': 1})")
for s in ("abc", "ABC", "Abc Def", "123", "½", "²", "٣", "a1", " \t", "", "é", "Σ", "漢", "_x", "a b", "\n", "😀", "ǅ", "3a", "class"):
    print(ascii(s), [getattr(s, name)() for name in "isalpha isdigit isdecimal isnumeric isalnum isspace islower isupper istitle isidentifier isprintable isascii".split()])
show("'abc'.encode()", "'é€😀'.encode('utf-8')", "'é'.encode('latin-1')", "'€'.encode('latin-1')", "'€'.encode('ascii', 'ignore')", "'€x'.encode('ascii', 'replace')", "'€'.encode('ascii', 'xmlcharrefreplace')", "'€'.encode('ascii', 'backslashreplace')", "'é'.encode('utf-16-le')", "'a'.encode('utf-16')", "'a'.encode('utf-32-be')", "'\\ud800'.encode()", "'\\ud800'.encode('utf-8', 'surrogatepass')", "'x'.encode('nope')", "'a'.encode(errors='strict')")
show("str()", "str(5)", "str(b'abc')", "str(b'abc', 'ascii')", "str(b'\\xff', 'utf-8')", "str(b'\\xff', 'utf-8', 'replace')", "str('x', 'utf-8')", "str(5, 'utf-8')", "str(object=1.5)", "'a' + 1", "1 + 'a'", "'a' * -1", "'ab' * 3", "3 * 'ab'", "'a' * 1.5", "'a' - 'b'", "'abc' < 'abd'", "'Z' < 'a'", "'a' < 'aa'", "'é' > 'z'", "'a' < 1", "'a' == 1")
show("'abc'[0]", "'abc'[-1]", "'abc'[3]", "'abc'['a']", "'abc'[1.0]", "'abc'[1:]", "'abcdef'[::2]", "'abcdef'[::-1]", "'abcdef'[-2:]", "'abcdef'[4:1:-1]", "'abcdef'[10:]", "'aé€😀z'[3]", "'aé€😀z'[::-1]", "len('aé€😀z')", "'abc'[True]", "'abcdef'[::0]", "'abc'[None:None]", "list('aé😀')", "'aé€😀z'[1:3]")
show("'{} {x}'.format_map({'x': 1})", "'{x}'.format_map({'x': 1})", "'%s' % ('a',)", "hash('') == hash('')", "hash('abc') == hash('ab' + 'c')", "'abc'.__contains__('b')", "'abc'.__len__()", "'abc'.__add__('d')", "'a'.__eq__(1)", "'abc'.__getitem__(1)", "max('hello')", "sorted('hello')", "'-'.join(reversed('abc'))", "'a'.isascii()", "'ab' 'cd'", "'abc'.nope", "'abc'.upper(1)", "'abc'.find()", "'abc'.replace('a')")
class S(str):
    def __str__(self):
        return "custom"
show("S('abc')", "str(S('abc'))", "S('abc').upper()", "type(S('abc').upper()).__name__", "S('a') + 'b'", "S('abc') == 'abc'", "{'abc': 1}[S('abc')]", "f'{S(\"abc\")}'", "'%s' % S('x')", "S('abc')[1:]", "len(S('abc'))", "','.join([S('a'), 'b'])")
