def a():
    def b():
        class C:
            def m(self):
                return [i / 0 for i in range(3)]
        return C().m()
    return (lambda: b())()
a()
