# The rows of docs/thread-safety.md for collections and functools.lru_cache.
import functools
from collections import Counter, OrderedDict, defaultdict, deque

from race import race

THREADS = 4
q = deque()
race(
    "deque.append, appendleft",
    *[lambda i, t: q.append((i, t)), lambda i, t: q.appendleft((i, t))] * 2,
    check=lambda: len(q) == 800 == len(set(q))
    and [t for i, t in q if i == 0] == list(range(200))
    and [t for i, t in q if i == 1] == list(range(199, -1, -1)),
)
q = deque(range(800))
got = [[] for _ in range(THREADS)]
race(
    "deque.pop, popleft",
    *[lambda i, t: got[i].append(q.pop()), lambda i, t: got[i].append(q.popleft())] * 2,
    check=lambda: sorted(sum(got, [])) == list(range(800)) and not q,
)
q = deque()
race(
    "deque.extend by a list",
    *[lambda i, t: q.extend([(i, t)] * 3)] * THREADS,
    check=lambda: len(q) == 2400 and all(len({q[n], q[n + 1], q[n + 2]}) == 1 for n in range(0, 2400, 3)),
)
q = deque(maxlen=16)
race(
    "deque.maxlen",
    lambda i, t: q.append(t),
    lambda i, t: q.appendleft(t),
    lambda i, t: q.extend(range(5)),
    lambda i, t: len(q) <= 16 and len(list(q.copy())) <= 16,
)
q = deque(range(30))
race(
    "deque.rotate, reverse, copy",
    lambda i, t: q.rotate(t % 7),
    lambda i, t: q.reverse(),
    lambda i, t: sorted(q.copy()) == list(range(30)),
    lambda i, t: len(q) == 30 and 5 in q and q.count(7) == 1,
    allowed=RuntimeError,
    check=lambda: sorted(q) == list(range(30)),
)
q = deque(range(10))


def iterate(i, t):
    try:
        for _ in q:
            pass
    except RuntimeError as e:
        return str(e) == "deque mutated during iteration"


race(
    "deque iteration ends or says that it changed",
    lambda i, t: q.append(t) if len(q) < 50 else q.clear(),
    lambda i, t: q.insert(3, t) if len(q) < 49 else None,
    iterate,
    iterate,
)

od = OrderedDict()


def put(i, t):
    od[i, t] = t


race(
    "OrderedDict[k] = v",
    *[put] * THREADS,
    check=lambda: len(od) == len(list(od)) == 800 and [t for i, t in od if i == 1] == list(range(200)),
)
od = OrderedDict.fromkeys(range(50))
race(
    "OrderedDict.move_to_end",
    lambda i, t: od.move_to_end(t % 50),
    lambda i, t: od.move_to_end((t * 7) % 50, last=False),
    lambda i, t: od.get(t % 50, "missing") is None and t % 50 in od,
    check=lambda: sorted(od) == list(range(50)) and sorted(reversed(od)) == list(range(50)) and len(od) == 50,
)
od = OrderedDict.fromkeys(range(400))
got = [[] for _ in range(THREADS)]


def take(i, t):
    try:
        got[i].append(od.popitem(last=i % 2)[0])
    except KeyError:
        pass


race("OrderedDict.popitem", *[take] * THREADS, check=lambda: sorted(sum(got, [])) == list(range(400)) and not od)
cache = OrderedDict()


def use(i, t):
    key = (t * 7 + i) % 30
    cache[key] = key
    try:
        cache.move_to_end(key)
        if len(cache) > 10:
            cache.popitem(last=False)
    except KeyError:
        pass
    return cache.get(key, key) == key


race(
    "OrderedDict as a cache",
    *[use] * THREADS,
    check=lambda: list(cache) == list(dict.fromkeys(cache)) and len(cache) == len(list(cache.items())),
)
dd = defaultdict(list)
race(
    "defaultdict: one value for a missing key",
    *[lambda i, t: dd[t % 20].append((i, t))] * THREADS,
    check=lambda: sum(map(len, dd.values())) == 800,
)
dd = defaultdict(lambda: [])
stay = {}


def missing(i, t):
    mine = dd[t]
    return mine is dd[t]


race("defaultdict: what is returned stays", *[missing] * THREADS)


@functools.lru_cache(maxsize=None)
def unbounded(n):
    return [n]


race(
    "lru_cache(maxsize=None)",
    *[lambda i, t: unbounded(t % 50)[0] == t % 50] * THREADS,
    check=lambda: sum(unbounded.cache_info()[:2]) == 800 and unbounded.cache_info().currsize == 50,
)


@functools.lru_cache(maxsize=8)
def bounded(n):
    return [n]


def call(i, t):
    n = (t * 7 + i) % 20
    return bounded(n)[0] == n and bounded.cache_info().currsize <= 8


race(
    "lru_cache(maxsize=8)",
    *[call] * THREADS,
    check=lambda: sum(bounded.cache_info()[:2]) == 800 and bounded.cache_info().currsize == 8,
)
race(
    "lru_cache.cache_clear",
    call,
    call,
    lambda i, t: bounded.cache_clear(),
    check=lambda: bounded.cache_info().currsize <= 8,
)


class Lazy:
    made = 0

    @functools.cached_property
    def value(self):
        return object()


counts = Counter()
race(
    "Counter.update of distinct keys",
    *[lambda i, t: counts.update([(i, t % 10)])] * THREADS,
    check=lambda: counts == {(i, t): 20 for i in range(THREADS) for t in range(10)},
)
