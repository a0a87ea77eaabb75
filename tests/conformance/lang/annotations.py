# Annotations are lazy; where they are kept; what evaluates them.
def f(a: int, b: undefined_name = 2, *c: str, d: "quoted", **e: 1 + 1) -> list: pass
try:
    f.__annotations__
except NameError as e:
    print(e)
undefined_name = float
print(f.__annotations__, f.__annotations__ is f.__annotations__)
class C:
    x: int
    y: str = "y"
    z: later = 1
    def m(self: "C", k: C) -> C: pass
class later: pass
print({k: getattr(v, "__name__", v) for k, v in C.__annotations__.items()}, C.y, C.z, {k: v for k, v in C.m.__annotations__.items()} == {"self": "C", "k": C, "return": C})
v: int = 3
w: str
def local():
    a: int = 1
    b: not_evaluated
    (c): int = 2
    d = {}
    d["k"]: int = 5
    return a, c, d
print(local(), local.__annotations__, v)
try:
    def g():
        q: int
        return q
    g()
except UnboundLocalError as e:
    print(e)
f.__annotations__ = {"replaced": True}
print(f.__annotations__)
print((lambda x: x).__annotations__, C.m.__annotate__ is not None, f.__annotate__)
class D(C): pass
print(D.__annotations__, "w" in __annotations__ if "__annotations__" in globals() else "module annotations are lazy")
class Generic[T]:
    item: T
    def get(self) -> T: return self.item
print(Generic.__annotations__["item"], Generic[int].__origin__ is Generic, Generic[int].__args__, Generic.__type_params__[0].__name__)
type Pair[A, B] = tuple[A, B]
type Recursive = list[Recursive] | int
print(Pair.__value__, Pair[int, str], Recursive.__value__, Pair.__name__)
def bounded[T: (int, str), *Vs, **P, U: int = bool](x: T, *args: *Vs) -> U: ...
print([(p.__name__, type(p).__name__) for p in bounded.__type_params__], bounded.__type_params__[0].__constraints__, bounded.__type_params__[3].__bound__, bounded.__type_params__[3].__default__)
print(int | None, (int | str).__args__, list[int].__origin__, list[int].__args__, dict[str, list[int]], tuple[()], type[int], int | list[str])
print(isinstance(1, int | str), isinstance(None, int | None), issubclass(bool, int | str), (int | str) == (str | int), hash(int | str) == hash(str | int))
for code in ("isinstance([], list[int])", "int | 5", "list[int]()", "type X = 5; X.__value__", "int[5]", "list[int] | None"):
    try:
        if code.startswith("type"):
            exec(code)
        else:
            print(code, eval(code))
    except TypeError as e:
        print(code, "->", e)
