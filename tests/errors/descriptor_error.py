class C:
    @property
    def p(self):
        return 1


C().p = 2
