# Reading a line wants all three standard streams.
import sys
for name in ("stdin", "stdout", "stderr"):
    kept = getattr(sys, name)
    setattr(sys, name, None)
    try: input()
    except RuntimeError as e: error = e
    setattr(sys, name, kept)
    print(error)
