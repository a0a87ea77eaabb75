#: skip
def check(v):
    raise ValueError(f"bad {v}")


check(5)
