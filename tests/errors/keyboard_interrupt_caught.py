#: interrupt-after ready
print("ready", flush=True)
try:
    while True:
        pass
except KeyboardInterrupt as e:
    print("interrupted", repr(e))
finally:
    print("cleanup")
