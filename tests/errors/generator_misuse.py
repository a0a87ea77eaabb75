def g():
    yield


x = g()
x.send(1)
