# complex.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("complex()", "complex(1)", "complex(1, 2)", "complex('1+2j')", "complex('j')", "complex(' -1.5e2-3j ')", "complex('(1+2j)')", "complex(imag=2)", "1j", "-1j", "1 + 0j", "0j", "-0j", "complex(-0.0, -0.0)", "1e20 + 1e-5j", "complex('nan+infj')", "complex(1.5)", "complex('x')", "complex('1+2')", "complex('')", "complex(None)", "complex('1', 2)")
show("(1 + 2j) + (3 - 1j)", "(1 + 2j) * (3 - 1j)", "(1 + 2j) / (3 - 1j)", "(1 + 2j) ** 2", "(1 + 2j) ** 0.5", "(1 + 2j) ** -1", "2 ** 1j", "1j ** 2", "(1 + 2j) - 1", "2 * 1j", "1j / 2", "abs(3 + 4j)", "(3 + 4j).conjugate()", "-(1 + 2j)", "+(1 - 2j)", "(1 + 2j).real", "(1 + 2j).imag", "bool(0j)", "bool(1j)")
show("1j == 1j", "1 + 0j == 1", "1 + 0j == 1.0", "1j != 2j", "hash(1 + 0j) == hash(1)", "hash(1 + 2j)", "1j < 2j", "1j // 1", "1j % 1", "divmod(1j, 1)", "int(1j)", "float(1j)", "1j / 0", "0j ** -1", "(1 + 2j).x", "{1 + 0j: 'a'}[1]", "round(1j)", "complex.from_number(3)")
show("f'{1 + 2j:.2f}'", "f'{1 + 2j}'", "format(1 + 2j, '>15')", "str(1 + 2j)", "'%s' % 1j", "f'{1.5 - 2.25j:.1e}'", "format(1j, 'x')", "sum([1j, 2])", "sorted([1j, 2j])", "1j is 1j or True", "(1 + 2j).__abs__()", "complex(1e308, 1e308) * 10", "abs(complex(1e308, 1e308))")
show("float('inf') * 1j", "(0 + 0j) ** 0", "1j ** 1j", "(2 + 3j) ** 3", "(2 + 3j) ** -2", "(1 + 1j) ** 100")
