# json.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import json
for v in (None, True, 1, -1.5, 1e100, "a\"b\\c\n\té€😀\x01", [], {}, [1, [2, {"k": None}]], {"a": 1, "b": [1.0, False]}, {1: "int", 2.5: "float", None: "none", True: "bool"}, (1, 2), float("inf"), float("nan"), 10 ** 30, "", "\u2028</script>"):
    text = json.dumps(v)
    print(text, json.loads(text) == v)
data = {"name": "x", "list": [1, 2, {"deep": [True, None]}], "empty": {}, "e2": [], "f": 1.5}
print(json.dumps(data, indent=2))
print(json.dumps(data, indent="\t", sort_keys=True))
print(json.dumps(data, separators=(",", ":")), json.dumps("é", ensure_ascii=False), json.dumps({"b": 1, "a": 2}, sort_keys=True), json.dumps([1, 2], indent=0))
show("json.loads('[1, 2.5, \"x\", null, true, {\"a\": [] }]')", "json.loads('  {\"a\" : 1 } ')", "json.loads('\"\\\\u00e9\\\\ud83d\\\\ude00\\\\n\"')", "json.loads('1e5')", "json.loads('-0')", "json.loads('-0.0')", "json.loads('NaN')", "json.loads('-Infinity')", "json.loads(b'[1]')", "json.loads('1' * 50)", "json.loads('{\"a\": 1, \"a\": 2}')", "json.loads('\"\\\\ud800\"')")
for bad in ("", "{", "[1,]", "{'a': 1}", '{"a" 1}', "nul", "[1 2]", '"abc', '"\\x"', "01", "1 2", '{"a": 1,}', '"\t"', "[1", '{"a":', "tru", "+1", ".5", "[,1]", '{1: 2}', '"\\u12"'):
    try:
        print(repr(bad), json.loads(bad))
    except json.JSONDecodeError as e:
        print(repr(bad), "->", e, "|", e.msg, e.pos, e.lineno, e.colno)
show("json.dumps(object)[:0]", "json.dumps({(1, 2): 3})", "json.dumps({(1, 2): 3, 'a': 1}, skipkeys=True)", "json.dumps({1, 2})", "json.dumps(b'x')", "json.dumps(float('nan'), allow_nan=False)", "json.loads(5)", "json.dumps([1j])", "json.loads('[1.1]', parse_float=str)", "json.loads('[1]', parse_int=float)", "json.loads('{\"a\": 1}', object_hook=lambda d: list(d))", "json.loads('{\"a\": 1, \"b\": 2}', object_pairs_hook=list)", "json.loads('[NaN]', parse_constant=repr)")
class E(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, set):
            return sorted(o)
        return super().default(o)
print(json.dumps({"s": {3, 1}}, cls=E), json.dumps({1, 2}, default=sorted), E().encode([{1}]), "".join(json.JSONEncoder().iterencode([1, {"a": 2}])))
try:
    json.dumps([object()], cls=E)
except TypeError as e:
    print(e, getattr(e, "__notes__", None))
l = []; l.append(l)
try:
    json.dumps(l)
except ValueError as e:
    print(e)
import io
f = io.StringIO(); json.dump({"k": [1]}, f); f.seek(0); print(json.load(f), json.JSONDecoder().raw_decode('{"a": 1} rest'))
class S(str): pass
class I(int): pass
from enum import IntEnum
print(json.dumps([S("x"), I(5), True, IntEnum("N", "A B").B]))
big = {"rows": [{"id": i, "name": f"n{i}", "v": i / 7, "tags": ["a", "é"] * (i % 3)} for i in range(500)]}
text = json.dumps(big)
print(len(text), json.loads(text) == big, hash(text) == hash(json.dumps(json.loads(text))))
try:
    json.loads("[" * 100_000)
except RecursionError as e:
    print("RecursionError")
