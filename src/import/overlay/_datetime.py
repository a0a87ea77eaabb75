"""The classes of datetime under the name of their native module: they are written in Python here."""

from _pydatetime import *
from _pydatetime import __doc__
