# What a child process inherits and what it does not: handlers of signals, the mask, descriptors, its folder; and how failures
# before it runs its program are told. The parent's memory must be as it was.
import os, signal, subprocess, sys, threading

CHILD = """
import os, signal
print([signal.getsignal(s) == signal.SIG_DFL for s in (signal.SIGUSR1, signal.SIGTERM)],
      signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN,
      sorted(s.name for s in signal.pthread_sigmask(signal.SIG_BLOCK, [])),
      os.path.basename(os.getcwd()), oct(os.umask(0)))
"""
seen = []
signal.signal(signal.SIGUSR1, lambda n, f: seen.append(n))
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
run = subprocess.run([sys.executable, "-c", CHILD], cwd="/usr", umask=0o27, capture_output=True, text=True)
print(run.stdout.strip(), run.stderr, run.returncode)
print(sorted(s.name for s in signal.pthread_sigmask(signal.SIG_BLOCK, [])), os.getcwd() != "/usr")
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])

# The handler still works here.
os.kill(os.getpid(), signal.SIGUSR1)
print(seen)

for command, more in ((["/nonexistent/program"], {}), (["/"], {}), (["/bin/true"], {"cwd": "/nonexistent"})):
    try:
        subprocess.run(command, **more)
    except OSError as e:
        print(type(e).__name__, e.errno, e.filename)

# Descriptors: only those that were named.
r, w = os.pipe()
code = "import os, sys\nfor fd in map(int, sys.argv[1:]):\n try: os.fstat(fd); print('open')\n except OSError: print('closed')"
out = subprocess.run([sys.executable, "-c", code, str(r), str(w)], pass_fds=[w], capture_output=True, text=True).stdout
print(out.split())
os.close(r), os.close(w)

# Many at once, from several threads, while the others go on.
done = []
def some():
    for i in range(8):
        done.append(subprocess.run(["/bin/sh", "-c", f"exit {i}"]).returncode)
threads = [threading.Thread(target=some) for _ in range(4)]
for t in threads: t.start()
total = 0
for i in range(100_000): total += i
for t in threads: t.join()
print(sorted(done) == sorted(list(range(8)) * 4), total)

# A session and a group of its own.
code = "import os; print(os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid())"
for more in ({"start_new_session": True}, {"process_group": 0}):
    print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **more).stdout.strip())
