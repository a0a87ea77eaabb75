def f(*, value=1, other=2):
    pass
f(valeu=3)
