#: skip
x = (1,
