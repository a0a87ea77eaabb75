x = 5
print(x is 5)
assert (x, "always true")
"a"()
