print("before")
x = "x" * 10**15
