# faulthandler: tracebacks when asked, when a program hangs, by a signal, and when it crashes.
import faulthandler, re, signal, subprocess, sys, tempfile, threading, time, os

def shown(text):
    text = re.sub(r"0x[0-9a-f]+( \[[^]]*\])?", "0x", text)
    return re.sub(r'File "[^"]*[/\\]([^"/\\]+)", line \d+ in', r'File "\1" in', text)
def written(f):
    f.flush(); f.seek(0); text = f.read(); f.seek(0); f.truncate()
    return shown(text)
def run(code, *args):
    ran = subprocess.run([sys.executable, "-X", "gil=1", "-c", code], capture_output=True, text=True, timeout=60)
    print(ran.returncode, ran.stdout); print(shown(ran.stderr))

out = tempfile.TemporaryFile("w+")
def inner(): faulthandler.dump_traceback(out, all_threads=False)
def outer(): inner()
def generator():
    yield inner()
outer(); print(written(out))
list(generator()); print(written(out))
def été_日本(n): n and été_日本(n - 1) or inner()
été_日本(1); (lambda: inner())(); print(written(out))

def wait_for(event): event.wait()
stop = threading.Event()
waiter = threading.Thread(target=wait_for, args=(stop,)); waiter.start()
while True:
    # The waiter comes to rest in some line of threading.
    time.sleep(0.02); faulthandler.dump_traceback(out); text = written(out)
    if "in wait\n" in text: break
print(re.sub(r'(  File "threading.py" in \w+\n)+', "  ...\n", text))

def hang(seconds): time.sleep(seconds)
faulthandler.dump_traceback_later(0.1, file=out); hang(0.6)
text = written(out)
print(text.splitlines()[0], text.count("Thread 0x"), "in hang" in text, "in wait_for" in text, "Current" in text)
faulthandler.dump_traceback_later(0.1, repeat=True, file=out); hang(0.75); faulthandler.cancel_dump_traceback_later()
print(2 <= written(out).count("Timeout") <= 7); hang(0.2); print(repr(written(out)))
stop.set(); waiter.join()

def signalled(): os.kill(os.getpid(), signal.SIGUSR1)
seen = []
signal.signal(signal.SIGUSR1, lambda n, f: seen.append(f.f_code.co_name))
faulthandler.register(signal.SIGUSR1, out, all_threads=False, chain=True)
signalled(); print(written(out), seen)
faulthandler.register(signal.SIGUSR1, out, all_threads=True, chain=False)
signalled(); print(written(out), seen)
print(faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))
signalled(); print(repr(written(out)), seen)

for f in (lambda: faulthandler.register(signal.SIGSEGV), lambda: faulthandler.register(1000), lambda: faulthandler.dump_traceback(-5),
          lambda: faulthandler.dump_traceback_later(0), lambda: faulthandler.dump_traceback_later(-1), lambda: faulthandler.dump_traceback("no file"),
          lambda: faulthandler.enable(file=object())):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
print(faulthandler.is_enabled(), faulthandler.disable(), faulthandler.enable(out), faulthandler.is_enabled(), faulthandler.disable(), faulthandler.is_enabled())
run("import faulthandler; faulthandler.enable(c_stack=False)\ndef f(): faulthandler._sigsegv()\nf()")
run("import faulthandler, os; faulthandler.enable(c_stack=False, all_threads=False)\ndef f(): os.abort()\nprint('before', flush=True); f()")
run("import faulthandler; faulthandler.enable(c_stack=False)\ndef f(): faulthandler._stack_overflow()\nf()")
run("import faulthandler; faulthandler.enable(); faulthandler.disable(); faulthandler._sigfpe()")
run("import faulthandler, os, warnings\nwarnings.simplefilter('ignore')\nfaulthandler.dump_traceback_later(30)\nif os.fork() == 0:\n faulthandler.dump_traceback(); os._exit(0)\nos.wait()")
