# What module typhon tells of the runtime, asserted where it exists; other interpreters have nothing to show.
import gc, subprocess, sys, threading
try:
    import typhon
except ImportError:
    typhon = None
def check(what):
    if typhon is not None:
        try: what()
        except Exception as e: print(what.__name__, type(e).__name__, e)
    print(what.__name__, "done")
class Plain: pass
class Finalized:
    def __del__(self): pass
def counters():
    c = typhon.counters()
    assert {"merged", "promoted", "lock_contended", "lock_spins", "grace_ns", "collections", "stops_requested", "retired_bytes"} <= set(c)
    before = c["collections"]; gc.collect()
    assert typhon.counters()["collections"] > before
    assert all(type(n) is int and n >= 0 for n in c.values())
def counters_of_threads():
    ready, go, one = threading.Barrier(3), threading.Event(), threading.Lock()
    def collect():
        # Who asks while another collects gets no collection of its own.
        with one: gc.collect()
        ready.wait(); go.wait()
    ts = [threading.Thread(target=collect) for _ in range(2)]
    [t.start() for t in ts]; ready.wait()
    try:
        tables = typhon.thread_counters()
        mine = {c["ident"]: c for c in tables.values()}
        assert all(mine[t.ident]["collections"] == 1 for t in ts) and threading.get_ident() in mine
        assert set(mine[threading.get_ident()]) == set(typhon.counters()) | {"ident"}
        assert typhon.gil_build or mine[threading.get_ident()] is tables[typhon.refcounts(Plain())["owner"]]
    finally:
        go.set(); [t.join() for t in ts]
def pauses():
    gc.collect(); p = typhon.pauses()
    assert p["count"] == sum(n for _, n in p["histogram"]) >= 1 and p["longest"] <= p["total"]
    assert p["count"] == sum(n for _, n in p["stop_histogram"]) and 0 < p["stop_longest"] <= p["stop_total"]
    assert any(reason == "collection" for reason, *_ in p["log"])
    assert all(ago >= 0 and waited >= 0 and 0 < stood < 60 for _, ago, waited, stood in p["log"])
    assert [below for below, _ in p["histogram"]] == [1 << i for i in range(len(p["histogram"]))]
def heap():
    before = typhon.heap(); kept = [Plain() for _ in range(5000)]; after = typhon.heap()
    assert after["live_cells"] - before["live_cells"] >= 5000 and after["live_bytes"] > before["live_bytes"]
    for c in after["size_classes"]: assert c["live_cells"] <= c["room"] and c["cell_bytes"] % 16 == 0
    assert sum(c["live_cells"] for c in after["size_classes"]) <= after["live_cells"] + 100
def promoted():
    shared = [1, [2], {"k": []}]
    assert typhon.refcounts(shared)["kind"] == "counted"
    assert typhon.promote(shared) and typhon.promote(shared)
    assert typhon.refcounts(shared)["kind"] == "deferred" and typhon.is_shared(shared)
    assert typhon.promote(None) and typhon.promote(5) and not typhon.promote(Finalized())
    kept = [1, [2]]
    assert typhon.keep_counted(kept) and typhon.keep_counted(kept) and not typhon.keep_counted(shared) and not typhon.keep_counted(None)
    typhon.promote(kept); assert typhon.refcounts(kept)["kind"] == "counted"
    def use(n=2000):
        for _ in range(n): assert shared[1][0] == 2 and kept[1][0] == 2
    ts = [threading.Thread(target=use) for _ in range(4)]
    [t.start() for t in ts]; [t.join() for t in ts]
    assert typhon.refcounts(kept)["kind"] == "counted"
def states():
    assert typhon.refcounts(1)["kind"] == "immediate" and typhon.refcounts(None)["kind"] == "immortal"
    s = typhon.refcounts(o := Plain())
    assert s["kind"] == "counted" and s["local"] >= 1 and s["shared"] == 0 and s["owner"] >= 1, s
    assert typhon.gil_build or not typhon.is_shared(Plain())
    box = []
    t = threading.Thread(target=lambda: box.append(Plain())); t.start(); t.join()
    assert typhon.gil_build or typhon.is_shared(box[0])
def sound():
    stop = threading.Event()
    def churn():
        while not stop.is_set():
            a, b = Plain(), Plain(); a.b, b.a = b, a; [a, (b, {"x": a})]
    ts = [threading.Thread(target=churn) for _ in range(3)]
    [t.start() for t in ts]
    try:
        for _ in range(5): assert typhon.verify_heap() == []
    finally:
        stop.set(); [t.join() for t in ts]
def variant():
    assert typhon.mode() in ("free-threaded", "gil") and (not typhon.gil_build or typhon.mode() == "gil")
    assert (typhon.mode() == "gil") == sys._is_gil_enabled()
def documented():
    for name in ("counters", "pauses", "heap", "promote", "is_shared", "refcounts", "verify_heap", "thread_counters", "keep_counted"):
        assert len(getattr(typhon, name).__doc__) > 40
def automatic_collections_call_back():
    seen = []
    def note(phase, info): seen.append((phase, info["generation"]))
    gc.callbacks.append(note)
    try:
        for _ in range(200_000):
            p = Plain(); p.p = p
            if len(seen) >= 4: break
    finally:
        gc.callbacks.remove(note)
    assert seen[:2] == [("start", 2), ("stop", 2)], seen[:4]
COUNTED = """
import threading, typhon
def run(obj):
    for i in range(1000): obj.x = i / 3
class A: pass
class B(A): pass
def table(): return {row["name"]: row for row in typhon.instructions()}
before = table()
ts = [threading.Thread(target=run, args=(A(),)) for _ in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
rows = table()
stores, misses = (rows["StoreAttr"][k] - before["StoreAttr"][k] for k in ("executed", "missed"))
assert 3000 <= stores < 3500 and 1 <= misses < 300, (stores, misses)
assert rows["TrueDiv"]["executed"] >= 3000 and abs(sum(row["share"] for row in rows.values()) - 1) < .01
assert all(row["meaning"] for row in rows.values())
"""
def instructions():
    assert typhon.instructions() == []
    ran = subprocess.run([sys.executable, "-X", "stats", "-c", COUNTED], capture_output=True, text=True)
    assert ran.returncode == 0 and ran.stdout == "", ran
    first, head, *rows = ran.stderr.splitlines()
    assert first.endswith("instructions of register code") and "slow way" in head and any("StoreAttr" in row for row in rows), ran.stderr
for f in (instructions, counters, counters_of_threads, pauses, heap, promoted, states, sound, variant, documented, automatic_collections_call_back):
    check(f)
