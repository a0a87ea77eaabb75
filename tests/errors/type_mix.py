total = 1
for part in [2, "3"]:
    total = total + part
