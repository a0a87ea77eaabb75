#: skip
print("raising")
x = 1
raise ValueError("while imported")
