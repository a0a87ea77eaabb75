#: skip
VALUE = "leaf of " + __package__ + " "
