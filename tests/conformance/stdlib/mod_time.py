# time: what does not depend on the moment.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import time
a = time.perf_counter(); time.sleep(0.02); b = time.perf_counter()
print(0.015 < b - a < 2, time.monotonic() <= time.monotonic(), time.time() > 1.7e9, time.time_ns() > 10 ** 18, time.perf_counter_ns() > 0, time.process_time() >= 0, time.thread_time() >= 0, type(time.monotonic_ns()).__name__)
t = time.gmtime(0)
print(t, t.tm_year, t[0], t.tm_yday, len(t), tuple(t), time.gmtime(1e9)[:6], time.gmtime(951782400)[:3])
print(time.strftime("%Y-%m-%d %H:%M:%S %j %a %A %b %B %U %w %y %p %I %%", time.gmtime(1234567890)), time.asctime(time.gmtime(0)))
print(time.strptime("2024-02-29 13:14:15", "%Y-%m-%d %H:%M:%S")[:6], time.strptime("1 Jan 70", "%d %b %y")[:3])
print(time.mktime(time.localtime(1e9)) == 1e9, time.struct_time(range(9)), time.struct_time(range(9)) == tuple(range(9)))
show("time.sleep(-1)", "time.sleep('a')", "time.sleep()", "time.gmtime(1e100)", "time.strptime('x', '%Y')", "time.strptime('2024', '%Q')", "time.struct_time((1, 2))", "time.gmtime('a')", "time.sleep(0)", "time.strftime('%Y', (2024,))", "time.get_clock_info('monotonic').monotonic", "isinstance(time.tzname, tuple)", "isinstance(time.timezone, int)")
