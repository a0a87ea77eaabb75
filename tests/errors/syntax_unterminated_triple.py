def f():
    """no end
    return 1
