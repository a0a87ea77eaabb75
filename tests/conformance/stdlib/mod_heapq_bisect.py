# heapq and bisect.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import heapq, bisect
h = []
for x in [5, 3, 8, 1, 9, 2, 7]:
    heapq.heappush(h, x)
print(h, [heapq.heappop(h) for _ in range(len(h))])
h = [9, 4, 7, 1, 8, 2]
heapq.heapify(h)
print(h, heapq.heappushpop(h, 3), heapq.heapreplace(h, 10), h)
print(heapq.nlargest(3, [1, 8, 2, 23, 7]), heapq.nsmallest(2, ["ccc", "a", "bb"], key=len), heapq.nlargest(0, [1]), heapq.nsmallest(10, [2, 1]), list(heapq.merge([1, 4], [2, 3], [0, 9])), list(heapq.merge([4, 1], [3, 2], reverse=True)), list(heapq.merge("Ab", "c", key=str.lower)))
m = [1, 5, 2]
heapq.heapify_max(m)
print(m, heapq.heappop_max(m), m)
show("heapq.heappop([])", "heapq.heapreplace([], 1)", "heapq.heappush(5, 1)", "heapq.heapify((1,))", "heapq.heappush([1], 'a')", "heapq.heappushpop([], 4)")
a = [1, 2, 2, 2, 5, 8]
print([bisect.bisect(a, x) for x in range(10)], [bisect.bisect_left(a, x) for x in range(10)], bisect.bisect_right(a, 2, 0, 2), bisect.bisect_left(a, 2, lo=2))
bisect.insort(a, 3); bisect.insort_left(a, 2); bisect.insort(a, 100)
print(a)
pairs = [("a", 1), ("b", 3), ("c", 7)]
print(bisect.bisect(pairs, 3, key=lambda p: p[1]))
bisect.insort(pairs, ("x", 5), key=lambda p: p[1])
print(pairs)
show("bisect.bisect([1], 'a')", "bisect.bisect([1], 1, -1)", "bisect.bisect(5, 1)", "bisect.bisect([], 1)", "bisect.insort((1,), 2)", "bisect.bisect([1, 2], 1.5)")
import random
r = random.Random(5)
data = [r.randrange(1000) for _ in range(500)]
h = []
for x in data: heapq.heappush(h, (x, -x))
out = [heapq.heappop(h)[0] for _ in range(500)]
s = []
for x in data: bisect.insort(s, x)
print(out == sorted(data) == s, out[:5])
def grade(score, breakpoints=(60, 70, 80, 90), grades="FDCBA"):
    return grades[bisect.bisect(breakpoints, score)]
print([grade(s) for s in (33, 99, 77, 70, 89, 90, 100)])
