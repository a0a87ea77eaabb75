import sys
class Out:
    def write(self, text):
        sys.__stdout__.write(text)
    def flush(self):
        raise ValueError("cannot flush")
sys.stdout = Out()
print("hello")
