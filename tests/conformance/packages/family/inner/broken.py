#: skip
print("init inner", __name__)
from .. import first
from ..first import NAME
from ...family_missing import x
