"""csv: dialects, quoting, what cannot be written or read."""

import csv
import io

rows = [["a", "b c", 'say "hi"', "x,y", "line\nbreak"], ["", None, 1, 2.5, True], ["é€", "tab\t", " lead", "'", "\\"]]
for quoting in range(6):
    out = io.StringIO()
    try:
        csv.writer(out, quoting=quoting, escapechar="\\").writerows(rows)
    except csv.Error as e:
        print("error", e)
    text = out.getvalue()
    print(quoting, repr(text))
    try:
        print(list(csv.reader(io.StringIO(text, newline=""), quoting=quoting, escapechar="\\")))
    except (csv.Error, ValueError) as e:
        print(type(e).__name__, e)
for options in (
    {"delimiter": ";"}, {"delimiter": "\t", "quotechar": "'"}, {"skipinitialspace": True}, {"doublequote": False, "escapechar": "^"},
    {"lineterminator": "|"}, {"quotechar": None}, {"delimiter": " ", "skipinitialspace": True},
):
    out = io.StringIO()
    try:
        csv.writer(out, **options).writerows(rows)
        print(options, repr(out.getvalue()))
        print(list(csv.reader(["a; b, 'c d' ,\"e\"\"f\"", "  x"], **options)))
    except (csv.Error, TypeError) as e:
        print(options, type(e).__name__, e)
for text in ('a,"b\r\nc",d\r\n', '"open', 'a"b,c', '"a"b,c', "a\rb", "", "\r\n", ",", '""', '"a" ,b'):
    for strict in (False, True):
        try:
            print(repr(text), strict, list(csv.reader([text], strict=strict)))
        except csv.Error as e:
            print(repr(text), strict, e)
for bad in (
    {"delimiter": ""}, {"delimiter": "ab"}, {"delimiter": None}, {"delimiter": 5}, {"quoting": 9}, {"quoting": "x"}, {"quotechar": ",", "delimiter": ","},
    {"escapechar": "\n"}, {"lineterminator": None}, {"lineterminator": 3}, {"quotechar": None, "quoting": csv.QUOTE_ALL}, {"nonsense": 1},
):
    try:
        csv.reader([], **bad)
        print(bad, "accepted")
    except (TypeError, ValueError) as e:
        print(bad, type(e).__name__)
csv.register_dialect("mine", delimiter="-", quoting=csv.QUOTE_NONNUMERIC)
print(sorted(csv.list_dialects()), list(csv.reader(["1-2.5-\"x\""], "mine")), csv.get_dialect("mine").delimiter)
csv.unregister_dialect("mine")
try:
    csv.get_dialect("mine")
except csv.Error as e:
    print(e)
print(list(csv.DictReader(io.StringIO("k,v\n1,2\n3\n4,5,6\n"))))
out = io.StringIO()
w = csv.DictWriter(out, ["k", "v"], restval="-")
w.writeheader()
w.writerow({"k": 1})
print(repr(out.getvalue()), csv.field_size_limit(10))
try:
    list(csv.reader(["x" * 11]))
except csv.Error as e:
    print(e)
csv.field_size_limit(131072)
r = csv.reader(["a\n", '"b\n', 'c"\n'])
print(next(r), r.line_num, next(r), r.line_num, r.dialect.quotechar)
print(csv.Sniffer().sniff("a;b;c\n1;2;3\n").delimiter)
