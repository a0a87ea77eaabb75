import sys

for i in range(1000):
    print("line", i)
sys.stderr.write("to stderr\n")
sys.stdout.write("no newline at the end")
raise KeyError("at the end")
