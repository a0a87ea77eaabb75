def f():
    raise ValueError("inner")
try:
    f()
except ValueError as e:
    inner = e
raise ExceptionGroup("outer", [inner, ExceptionGroup("second", [KeyError("k"), TypeError("t")])])
