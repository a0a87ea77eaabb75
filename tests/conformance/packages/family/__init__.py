#: skip
"""The family package."""
print("init family", __name__, __package__, __path__ is not None)
from . import first
from .first import NAME as first_name
__all__ = ["first", "second", "public"]
public = "public"
_private = "private"
hidden = "hidden"
