class E(Exception):
    pass
E.__module__ = None
E.__qualname__ = "Outer.E"
raise E("x")
