print(f"{1 + ")
