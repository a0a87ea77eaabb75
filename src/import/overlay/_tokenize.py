"""The tokenizer behind the module tokenize. Its helpers for encodings work without it."""


class TokenizerIter:
    """An iterator over the tokens of a program."""

    def __init__(self, readline, /, *, encoding=None, extra_tokens=False):
        raise NotImplementedError('tokenizing is not supported yet')

    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration
