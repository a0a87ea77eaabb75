# Functions beyond small sizes: hundreds of locals, arguments, constants, branches, nested calls and containers.
names = [f"v{i}" for i in range(400)]
ns = {}
exec("def many_locals(base):\n" + "".join(f"    {n} = base + {i}\n" for i, n in enumerate(names)) + "    return " + " + ".join(names) + "\n", ns)
print(ns["many_locals"](1), ns["many_locals"](1.5), ns["many_locals"](10 ** 20))
exec("def many_args(" + ", ".join(names) + "):\n    return v0, v255, v256, v399, len(locals())\n", ns)
print(ns["many_args"](*range(400)), ns["many_args"](**{n: i for i, n in enumerate(names)}))
exec("def call_many():\n    return many_args(" + ", ".join(str(i * i) for i in range(400)) + ")\n", ns)
print(ns["call_many"]())
exec("def call_keywords():\n    return many_args(" + ", ".join(f"{n}={i}" for i, n in enumerate(names)) + ")\n", ns)
print(ns["call_keywords"]())
exec("def many_cells():\n" + "".join(f"    c{i} = {i}\n" for i in range(300)) + "    def inner():\n        return " + " + ".join(f"c{i}" for i in range(300)) + "\n    return inner\n", ns)
print(ns["many_cells"]()())
exec("def branches(x):\n    if x == 0:\n        return 'zero'\n" + "".join(f"    elif x == {i}:\n        return 'n{i}'\n" for i in range(1, 600)) + "    else:\n        return 'other'\n", ns)
print([ns["branches"](i) for i in (0, 1, 300, 599, 600)])
exec("big = [" + ", ".join(str(i) for i in range(5000)) + "]\nbig_dict = {" + ", ".join(f"'k{i}': {i}" for i in range(2000)) + "}\nbig_tuple = (" + ", ".join(f"{i}.5" for i in range(1000)) + ")\nbig_set = {" + ", ".join(str(i % 700) for i in range(1500)) + "}", ns)
print(sum(ns["big"]), len(ns["big_dict"]), ns["big_dict"]["k1999"], sum(ns["big_tuple"]), len(ns["big_set"]))
exec("def dynamic_list(x):\n    return [" + ", ".join(f"x + {i}" for i in range(600)) + "]\ndef dynamic_dict(x):\n    return {" + ", ".join(f"x + {i}: x" for i in range(400)) + "}\n", ns)
print(sum(ns["dynamic_list"](2)), len(ns["dynamic_dict"](3)))
depth = 60
print(eval("(" * depth + "1" + " + 1)" * depth), eval("[" * depth + "]" * depth + "[0]" * 3 + " != 5"))
print(eval("f(" * 50 + "0" + ")" * 50, {"f": lambda x: x + 1}))
exec("def long_loop(n):\n    total = 0\n    for i in range(n):\n" + "".join(f"        total += i * {k} if i % {k + 2} else -1\n" for k in range(300)) + "    return total\n", ns)
print(ns["long_loop"](10))
exec("def try_chain(x):\n" + "".join("    " * (i + 1) + "try:\n" for i in range(15)) + "    " * 16 + "return 1 / x\n" + "".join("    " * (15 - i) + f"except {'ZeroDivisionError' if i == 10 else 'KeyError'}:\n" + "    " * (16 - i) + f"return 'caught at {i}'\n" for i in range(15)), ns)
print(ns["try_chain"](2), ns["try_chain"](0))
exec("def with_chain(cm):\n" + "".join("    " * (i + 1) + f"with cm({i}):\n" for i in range(15)) + "    " * 16 + "return 'inside'\n", ns)
log = []
class CM:
    def __init__(self, n): self.n = n
    def __enter__(self): log.append(self.n)
    def __exit__(self, *e): log.append(-self.n)
print(ns["with_chain"](CM), sum(log), len(log))
exec("class Many:\n" + "".join(f"    def m{i}(self):\n        return {i}\n    a{i} = {i}\n" for i in range(300)), ns)
m = ns["Many"]()
print(sum(getattr(m, f"m{i}")() + getattr(m, f"a{i}") for i in range(300)))
for i in range(300):
    setattr(m, f"x{i}", i)
print(sum(vars(m).values()), len(vars(m)))
exec("def string_sum(s):\n    return " + " + ".join(f"s + '{i}'" for i in range(200)) + "\ndef fstring(x):\n    return f'" + "".join("{x + " + str(i) + "}," for i in range(200)) + "'\n", ns)
print(len(ns["string_sum"]("a")), ns["fstring"](1)[-12:])
exec("def compare_chain(x):\n    return " + " < ".join(["x"] + [f"x + {i}" for i in range(1, 100)]) + "\ndef bool_chain(x):\n    return " + " and ".join(f"x > {-i}" for i in range(200)) + " or x\n", ns)
print(ns["compare_chain"](1), ns["bool_chain"](5), ns["bool_chain"](-5))
exec("def unpack(seq):\n    " + ", ".join(f"a{i}" for i in range(300)) + " = seq\n    return a0 + a299\ndef star(seq):\n    first, *mid, last = seq\n    return first, len(mid), last\n", ns)
print(ns["unpack"](range(300)), ns["star"](range(1000)))
def generator(n):
    a = b = c = d = e = f = g = h = i = j = k = l = m = 0
    while a < n:
        received = yield a + b + c + d
        a, b, c, d = a + 1, a, b, c
        if received:
            e += received
    return e
g = generator(5)
print([next(g)] + [g.send(2) for _ in range(4)])
