e = ValueError("e")
try:
    raise e
except ValueError:
    raise e
