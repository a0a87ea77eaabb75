#: skip
from .. import first as uncle
from . import leaf
LEAF = leaf.VALUE + uncle.NAME
