"""Calls of methods: plain, inherited, through super(), static, class methods, and bound ones kept in a variable."""

from best import report


class Base:
    def __init__(self):
        self.value = 0

    def add(self, n):
        self.value += n
        return self

    def step(self):
        return 1

    @staticmethod
    def twice(n):
        return n * 2

    @classmethod
    def name(cls):
        return cls


class Derived(Base):
    def step(self):
        return super().step() + 1


def calls():
    d = Derived()
    add = d.add
    total = 0
    for i in range(150_000):
        d.add(i)
        total += d.step()
        total += d.twice(i)
        add(1)
        if d.name() is not Derived:
            return None
    return d.value, total


report(calls)
