def f():
print("here")
