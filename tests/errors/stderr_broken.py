import sys
class Broken:
    def write(self, text):
        raise ValueError("no writing")
    def flush(self):
        raise ValueError("no flushing")
print("before")
sys.stderr = Broken()
1 / 0
