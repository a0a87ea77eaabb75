#: interrupt-after ready
print("ready", flush=True)
x = 3
while True:
    x = x * x % 10**2000
