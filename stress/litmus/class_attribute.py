"""A class attribute changes while another thread reads it through an instance twice: never back to the old value."""

from support import litmus


def make():
    class Thing:
        value = "old"

    return Thing()


def write(thing):
    type(thing).value = "new"


def read(thing):
    return f"{thing.value}, {thing.value}"


litmus(
    "cls.value = new | obj.value, obj.value",
    make=make,
    bodies=[write, read],
    outcome=lambda thing, given: given[1],
    never=["new, old"],
)
