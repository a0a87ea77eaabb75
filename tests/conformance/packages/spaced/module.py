#: skip
VALUE = "in a namespace package"
