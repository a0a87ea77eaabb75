"""The interactive prompt: the console of the module `code`, as the interpreter itself shows it."""

import code
import linecache
import sys


def flush():
    """Whoever feeds the prompt sees what a statement printed before the next one."""
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass


class Prompt(code.InteractiveConsole):
    statements = 0

    def raw_input(self, prompt=""):
        stdin = sys.stdin
        if stdin.isatty():
            return input(prompt)
        # What is not typed gets no echo: prompts stay out of the output.
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = stdin.readline()
        if not line:
            raise EOFError
        return line.removesuffix("\n")

    def runsource(self, source, filename="<stdin>", symbol="single"):
        # The module `traceback` shows the name without its number, and finds the lines by it.
        name = f"<stdin-{self.statements}>"
        lines = [line + "\n" for line in source.split("\n")]
        linecache.cache[name] = len(source), None, lines, name
        more = super().runsource(source, name, symbol)
        if not more:
            self.statements += 1
            flush()
        return more

    def showsyntaxerror(self, filename=None, **kwargs):
        super().showsyntaxerror("<stdin>", **kwargs)


def interact(banner, namespace):
    Prompt(namespace, "<stdin>").interact(banner, "")
