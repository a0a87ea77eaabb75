class A:
    def __del__(self):
        self.nope
a = A()
a = None
print("goes on")
