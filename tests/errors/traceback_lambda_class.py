class C:
    value = (lambda: 1 / 0)()
