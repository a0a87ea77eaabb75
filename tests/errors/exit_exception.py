import sys
print("before")
sys.exit(ValueError("as a code"))
