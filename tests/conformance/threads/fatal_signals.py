"""A signal that says the program is broken ends it, even one that another process sends."""

import signal
import subprocess
import sys

for name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE"):
    number = getattr(signal, name)
    print(name, signal.getsignal(number) is signal.SIG_DFL)
    program = f"import os; os.kill(os.getpid(), {int(number)}); print('it goes on')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    print(ended.returncode == -number, repr(ended.stdout))

# A handler of the program's own is called.
program = """
import os, signal
signal.signal(signal.SIGSEGV, lambda number, frame: print("handled", number))
os.kill(os.getpid(), signal.SIGSEGV)
"""
print(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout, end="")
