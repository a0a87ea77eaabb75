import os, sys

sys.stdout.write("flushed by hand\n")
sys.stdout.flush()
sys.stdout.write("lost")
try:
    os._exit(9)
finally:
    print("never")
