# bool, None, Ellipsis, NotImplemented.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("bool()", "bool(0)", "bool('False')", "bool([])", "bool(None)", "bool(0.0)", "bool({0})", "True + 1", "True * 3", "-True", "~True if False else 1", "True == 1", "True is 1 or 'no'", "False < True", "isinstance(True, bool)", "int(True)", "str(True)", "repr(False)", "True & False", "True | False", "True ^ True", "type(True & 1)", "type(True & True)", "not None", "True if [] else False", "sum([True, True, False])", "[1, 2][True]", "bool(1, 2)", "True.real", "hash(True)", "{True: 'a', 1: 'b', 1.0: 'c'}", "bool.__mro__", "'%d' % True", "f'{True:5}|{True!r:>6}'", "max(True, 2)", "True / 2", "True // True", "True ** False", "round(True)")
show("None == None", "None is None", "None == 0", "bool(None)", "str(None)", "repr(None)", "type(None)", "type(None)()", "None.x", "None + 1", "None < None", "len(None)", "None()", "None[0]", "hash(None) == hash(None)", "type(None)(1)", "isinstance(None, type(None))", "...", "Ellipsis is ...", "type(...)", "type(...)()", "bool(...)", "NotImplemented", "type(NotImplemented)", "str(...)", "None or 'x'", "None in [None]", "print(None)", "object() == object()", "type(object())", "object.__name__", "object().__eq__(1)", "object.__init__(1, 2)", "bool(NotImplemented)", "iter(None)", "int(None)")
