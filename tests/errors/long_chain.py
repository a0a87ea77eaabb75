e = None
for i in range(2000):
    n = ValueError(i)
    n.__cause__ = e
    e = n
raise e
