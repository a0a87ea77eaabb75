def g():
    try:
        yield
    finally:
        1 / 0
x = g()
next(x)
del x
print("goes on")
