"""The interactive prompt: who feeds it through a pipe reads what a statement printed before the next one is written."""

import subprocess
import sys

pipe = subprocess.PIPE
with subprocess.Popen([sys.executable, "-E", "-i", "-q"], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as prompt:
    for text in ("print('one')", "'two'", "import sys; _ = sys.stdout.write('three\\n')"):
        prompt.stdin.write(text + "\n")
        prompt.stdin.flush()
        print(prompt.stdout.readline(), end="")
    prompt.stdin.close()
