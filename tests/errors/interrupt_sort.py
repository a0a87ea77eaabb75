#: interrupt-after ready
print("ready", flush=True)
while True:
    sorted(range(1000), key=lambda x: -x)
