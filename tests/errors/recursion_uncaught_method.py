class A:
    def m(self, n):
        return self.m(n + 1)
A().m(0)
