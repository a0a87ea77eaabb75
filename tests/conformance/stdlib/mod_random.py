# random: seeded sequences must equal the reference.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import random
r = random.Random(42)
print([r.random() for _ in range(3)], [r.randint(1, 100) for _ in range(8)], [r.randrange(0, 100, 7) for _ in range(5)], r.uniform(1, 2), r.choice("abcdef"), r.choices([1, 2, 3], k=6), r.choices("ab", weights=[1, 9], k=8), r.sample(range(100), 5), r.sample("abcdef", 3))
l = list(range(10)); r.shuffle(l); print(l)
print(r.gauss(0, 1), r.normalvariate(0, 1), r.expovariate(2), r.triangular(0, 1, 0.5), r.betavariate(1, 2), r.gammavariate(2, 3), r.lognormvariate(0, 1), r.vonmisesvariate(0, 1), r.paretovariate(3), r.weibullvariate(1, 2), r.binomialvariate(10, 0.3))
print(r.getrandbits(10), r.getrandbits(100), r.getrandbits(1), r.randbytes(5), r.getrandbits(0))
for seed in (0, 1, -5, 2 ** 100, "text", "é", b"bytes", 3.5, None and 0, bytearray(b"x")):
    if seed is not None:
        print(repr(seed), random.Random(seed).random())
random.seed(7)
print(random.random(), random.randint(0, 9), random.sample([1, 2, 3, 4], 2))
state = random.getstate()
a = [random.random() for _ in range(3)]
random.setstate(state)
print(a == [random.random() for _ in range(3)], state[0], len(state[1]), state[2])
big = random.Random(1)
print(big.randrange(10 ** 30), big.randrange(-10, 10), big.randint(2 ** 64, 2 ** 65), [big.randrange(3) for _ in range(20)], sum(big.random() for _ in range(1000)))
print(big.sample(range(10 ** 9), 3), big.sample(["r", "b"], counts=[3, 2], k=4), big.choices(range(5), cum_weights=[1, 2, 3, 4, 5], k=3))
show("random.randrange(0)", "random.randint(5, 1)", "random.choice([])", "random.sample([1], 2)", "random.sample({1, 2}, 1)", "random.choices([], k=1)", "random.choices([1], [1, 2])", "random.randrange(1.5)", "random.seed([])", "random.getrandbits(-1)", "random.shuffle('abc')", "random.randrange(1, 10, 0)", "random.sample(5, 1)", "0 <= random.SystemRandom().random() < 1", "random.Random(1).random() == random.Random(1).random()", "type(random.random()).__name__", "random.betavariate(-1, 1) if False else 0")
