x = 1
print("no end)
