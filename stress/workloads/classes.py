"""Class creation and mutation: threads make classes, and change a shared class while others use its instances."""

from support import barrier_start, check, share, workload


class Shared:
    value = 0

    def method(self):
        return self.value


def run(options, threads):
    Shared.value = 0
    instance = Shared()

    def work(index):
        calls = 0
        for step in share(options.size, threads, index):
            name = f"Made{step}"
            made = type(name, (Shared,), {"number": step, "double": lambda self: self.number * 2})
            check(made.__name__ == name and made().double() == 2 * step, name)
            if step % 5 == 0:
                Shared.value = step
                setattr(Shared, f"extra{index}", step)
                check(getattr(instance, f"extra{index}") == step, "an own attribute changed", index)
            seen = instance.method()
            check(0 <= seen < options.size and seen % 5 == 0, seen)
            check(isinstance(made(), Shared) and issubclass(made, Shared), name)
            calls += 1
        return calls

    calls = sum(barrier_start(threads, work))
    for index in range(threads):
        if hasattr(Shared, f"extra{index}"):
            delattr(Shared, f"extra{index}")
    left = [name for name in vars(Shared) if name.startswith("extra")]
    check(not left, left)
    return [f"classes: {calls}"]


if __name__ == "__main__":
    workload("classes", "Classes made and changed.", run, 60_000, "classes of all threads together")
