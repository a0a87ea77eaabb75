import sys
from . import sub
from .sub import NAME
print("pkg main", __name__, __package__, sub.__name__, NAME, sys.argv[1:])
