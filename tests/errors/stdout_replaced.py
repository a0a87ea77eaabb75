import sys
class Out:
    def write(self, text):
        sys.__stdout__.write("<" + text + ">")
sys.stdout = Out()
print("hello", 1)
raise SystemExit("bye")
