class A:
    def __init__(self):
        self.inner = B()
class B:
    def __init__(self):
        self.value = 1
A().value
