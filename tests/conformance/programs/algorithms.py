# Classic algorithms written plainly: sorting, searching, dynamic programming, graphs, backtracking, hashing.
def quicksort(a):
    if len(a) <= 1: return a
    p = a[len(a) // 2]
    return quicksort([x for x in a if x < p]) + [x for x in a if x == p] + quicksort([x for x in a if x > p])
def mergesort(a):
    if len(a) < 2: return a
    m = len(a) // 2
    l, r, out = mergesort(a[:m]), mergesort(a[m:]), []
    while l and r: out.append(l.pop(0) if l[0] <= r[0] else r.pop(0))
    return out + l + r
def heapsort(a):
    a = a[:]
    def sift(i, n):
        while (c := 2 * i + 1) < n:
            if c + 1 < n and a[c] < a[c + 1]: c += 1
            if a[i] >= a[c]: return
            a[i], a[c] = a[c], a[i]; i = c
    for i in range(len(a) // 2 - 1, -1, -1): sift(i, len(a))
    for n in range(len(a) - 1, 0, -1):
        a[0], a[n] = a[n], a[0]; sift(0, n)
    return a
data = [(i * 7919 + 13) % 1009 for i in range(500)]
print(quicksort(data) == mergesort(data) == heapsort(data) == sorted(data), quicksort(data)[:5])
def lcs(a, b):
    t = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            t[i][j] = t[i - 1][j - 1] + 1 if x == y else max(t[i - 1][j], t[i][j - 1])
    i, j, out = len(a), len(b), []
    while i and j:
        if a[i - 1] == b[j - 1]: out.append(a[i - 1]); i -= 1; j -= 1
        elif t[i - 1][j] >= t[i][j - 1]: i -= 1
        else: j -= 1
    return "".join(reversed(out))
print(lcs("the quick brown fox", "a quiet brow fixes"))
def edit(a, b):
    prev = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        cur = [i]
        for j, y in enumerate(b, 1): cur.append(min(prev[j] + 1, cur[-1] + 1, prev[j - 1] + (x != y)))
        prev = cur
    return prev[-1]
print(edit("kitten", "sitting"), edit("", "abc"), edit("flaw", "lawn"))
def knapsack(items, cap):
    best = [0] * (cap + 1)
    for w, v in items:
        for c in range(cap, w - 1, -1): best[c] = max(best[c], best[c - w] + v)
    return best[cap]
print(knapsack([(12, 4), (2, 2), (1, 1), (4, 10), (1, 2)], 15))
def hanoi(n, a="A", b="B", c="C"): return [] if n == 0 else hanoi(n - 1, a, c, b) + [(a, c)] + hanoi(n - 1, b, a, c)
print(len(hanoi(10)), hanoi(3))
def life(cells, steps):
    for _ in range(steps):
        counts = {}
        for x, y in cells:
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    if dx or dy: counts[x + dx, y + dy] = counts.get((x + dx, y + dy), 0) + 1
        cells = {p for p, n in counts.items() if n == 3 or n == 2 and p in cells}
    return cells
print(sorted(life({(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}, 20)))
def huffman(text):
    import heapq
    freq = {}
    for ch in text: freq[ch] = freq.get(ch, 0) + 1
    heap = [(n, i, ch) for i, (ch, n) in enumerate(sorted(freq.items()))]
    heapq.heapify(heap); k = len(heap)
    while len(heap) > 1:
        a, b = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, (a[0] + b[0], k, (a[2], b[2]))); k += 1
    codes = {}
    def walk(node, prefix):
        if isinstance(node, str): codes[node] = prefix or "0"
        else: walk(node[0], prefix + "0"); walk(node[1], prefix + "1")
    walk(heap[0][2], "")
    return codes
codes = huffman("abracadabra alakazam")
encoded = "".join(codes[c] for c in "abracadabra alakazam")
inverse, out, cur = {v: k for k, v in codes.items()}, "", ""
for bit in encoded:
    cur += bit
    if cur in inverse: out += inverse[cur]; cur = ""
print(len(encoded), out, sorted(codes.items()))
class Trie:
    def __init__(self): self.children, self.end = {}, False
    def add(self, word):
        node = self
        for ch in word: node = node.children.setdefault(ch, Trie())
        node.end = True
    def find(self, prefix):
        node = self
        for ch in prefix:
            if ch not in node.children: return []
            node = node.children[ch]
        return [prefix + s for s in node.words()]
    def words(self):
        if self.end: yield ""
        for ch, child in sorted(self.children.items()):
            for s in child.words(): yield ch + s
t = Trie()
for word in "car card care cat dog do done".split(): t.add(word)
print(t.find("car"), t.find("d"), t.find("x"))
def topo(graph):
    seen, out = set(), []
    def visit(n):
        if n in seen: return
        seen.add(n)
        for m in graph.get(n, ()): visit(m)
        out.append(n)
    for n in sorted(graph): visit(n)
    return out
print(topo({"shirt": ["tie"], "tie": ["jacket"], "pants": ["shoes", "belt"], "belt": ["jacket"]}))
def floyd(n, edges):
    d = [[0 if i == j else float("inf") for j in range(n)] for i in range(n)]
    for a, b, w in edges: d[a][b] = w
    for k in range(n):
        for i in range(n):
            for j in range(n): d[i][j] = min(d[i][j], d[i][k] + d[k][j])
    return d
print(floyd(4, [(0, 1, 3), (1, 2, -2), (2, 3, 2), (3, 0, 1)]))
def queens(n, row=0, cols=(), d1=(), d2=()):
    if row == n: return 1
    return sum(queens(n, row + 1, cols + (c,), d1 + (row + c,), d2 + (row - c,)) for c in range(n) if c not in cols and row + c not in d1 and row - c not in d2)
print([queens(n) for n in range(1, 7)])
def collatz(n, memo={1: 1}):
    if n not in memo: memo[n] = 1 + collatz(n // 2 if n % 2 == 0 else 3 * n + 1)
    return memo[n]
print(max(range(1, 2000), key=collatz), collatz(1161))
def gauss(m):
    m = [row[:] for row in m]; n = len(m)
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i])); m[i], m[p] = m[p], m[i]
        for r in range(i + 1, n):
            f = m[r][i] / m[i][i]
            m[r] = [x - f * y for x, y in zip(m[r], m[i])]
    x = [0.0] * n
    for i in range(n - 1, -1, -1): x[i] = (m[i][n] - sum(m[i][j] * x[j] for j in range(i + 1, n))) / m[i][i]
    return [round(v, 9) for v in x]
print(gauss([[2, 1, -1, 8], [-3, -1, 2, -11], [-2, 1, 2, -3]]))
def crc32(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8): crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
print(hex(crc32(b"123456789")))
def sha256(msg):
    k = [int((p ** (1 / 3)) % 1 * 2 ** 32) for p in [n for n in range(2, 312) if all(n % d for d in range(2, int(n ** 0.5) + 1))]]
    h = [int((p ** 0.5) % 1 * 2 ** 32) for p in (2, 3, 5, 7, 11, 13, 17, 19)]
    rot = lambda x, n: (x >> n | x << 32 - n) & 0xFFFFFFFF
    msg = msg + b"\x80" + bytes((55 - len(msg)) % 64) + (8 * len(msg)).to_bytes(8, "big")
    for o in range(0, len(msg), 64):
        w = [int.from_bytes(msg[o + i:o + i + 4], "big") for i in range(0, 64, 4)]
        for i in range(16, 64):
            s0, s1 = rot(w[i - 15], 7) ^ rot(w[i - 15], 18) ^ w[i - 15] >> 3, rot(w[i - 2], 17) ^ rot(w[i - 2], 19) ^ w[i - 2] >> 10
            w.append((w[i - 16] + s0 + w[i - 7] + s1) & 0xFFFFFFFF)
        a, b, c, d, e, f, g, hh = h
        for i in range(64):
            t1 = hh + (rot(e, 6) ^ rot(e, 11) ^ rot(e, 25)) + (e & f ^ ~e & g) + k[i] + w[i]
            t2 = (rot(a, 2) ^ rot(a, 13) ^ rot(a, 22)) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, hh = t1 + t2 & 0xFFFFFFFF, a, b, c, d + t1 & 0xFFFFFFFF, e, f, g
        h = [x + y & 0xFFFFFFFF for x, y in zip(h, (a, b, c, d, e, f, g, hh))]
    return "".join(f"{x:08x}" for x in h)
print(sha256(b"abc"), sha256(b"x" * 200)[:16])
