#: skip
from cycle_first_for_import import x
