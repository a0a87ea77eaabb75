class A:
    def __del__(self):
        print("del")
        self.nope
a = A()
print("end")
