# int: conversions, methods, errors.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("int()", "int('42')", "int('  -1_000 ')", "int('ff', 16)", "int('0xff', 0)", "int('0b11', 0)", "int('z', 36)", "int(3.99)", "int(-3.99)", "int(True)", "int(b'12')", "int('١٢')")
show("int('')", "int('x')", "int('1.5')", "int('9', 8)", "int('1', 1)", "int('1', 37)", "int(None)", "int([])", "int(float('nan'))", "int(float('inf'))", "int('1__0')", "int('_1')", "int(1, 2)", "int(x=1)")
show("(255).bit_length()", "(-255).bit_count()", "(0).bit_length()", "(5).conjugate()", "(5).real, (5).imag, (5).numerator, (5).denominator", "(5).is_integer()", "(6).as_integer_ratio()")
show("(1000).to_bytes(2, 'big')", "(1000).to_bytes(2, 'little')", "(-2).to_bytes(2, 'big', signed=True)", "(5).to_bytes()", "(1000).to_bytes(1, 'big')", "(-1).to_bytes(1, 'big')", "int.from_bytes(b'\\x03\\xe8', 'big')", "int.from_bytes(b'\\xff\\xfe', 'little', signed=True)", "int.from_bytes([1, 2])")
show("bin(10)", "oct(8)", "hex(255)", "bin(-5)", "hex(-255)", "hex(2 ** 70)", "bin(1.5)", "str(10 ** 30)", "repr(-0)", "chr(65)", "chr(-1)", "chr(0x110000)", "ord('ab')", "ord('')")
show("round(15, -1)", "round(25, -1)", "round(-15, -1)", "round(1234, -2)", "round(5)", "round(5, 2)", "abs(-5)", "pow(3, 4)", "pow(3, 4, 5)", "pow(3, -1, 7)", "pow(2, -1, 4)", "pow(2, 3, 0)", "pow(2, 100, 1000007)", "divmod(-7, 2)", "divmod(7, -2)")
show("hash(5)", "hash(-1)", "hash(2 ** 61 - 1)", "hash(2 ** 61)", "hash(10 ** 30)", "hash(1) == hash(1.0) == hash(True)", "5 .__class__", "isinstance(True, int)", "int.__name__", "type(5)(7)")
show("5 < 5.5", "2 ** 53 == float(2 ** 53)", "2 ** 53 + 1 == float(2 ** 53)", "10 ** 400 > float('inf')", "10 ** 400 > 1e308", "1 == '1'", "float(10 ** 400)", "10 ** 400 / 10 ** 399", "10 ** 400 / 3", "1 / 10 ** 400", "5 / 2", "6 / 2", "-7 // 2", "-7 % 3", "7 % -3")
show("1 << 70", "(1 << 70) >> 68", "-1 << 3", "-5 >> 1", "1 << -1", "1 >> 1000", "-1 >> 1000", "5 & -2", "-5 | 2", "-5 ^ 3", "~(2 ** 64)", "True + True", "True & 1", "True & False", "True ^ True", "~5")
show("int.__add__(1, 2)", "(1).__add__('x')", "(5).__eq__(5.0)", "(1).__lt__(2)", "(7).__floordiv__(2)", "(7).__rsub__(10)", "(3).__pow__(2)", "(-7).__divmod__(2)", "(1).__bool__()", "(5).__index__()", "(5).__format__('03d')", "(5).__float__()")
show("format(1234567, ',')", "format(255, '#06x')", "format(-5, '+d')", "format(5, ' d')", "format(3, '.2f')", "format(10 ** 25, ',')", "format(0, 'b')", "format(65, 'c')", "format(12, '>6')", "format(-12, '=+8')", "format(1234, '_')", "format(65535, '_x')", "format(5, '%')", "format(True, 'd')", "format(10**20, 'e')", "format(5, 'n')")
class I(int):
    def __repr__(self):
        return f"I({int(self)})"
show("I(5)", "I(5) + 1", "I(5) == 5", "type(I(5) + I(5)).__name__", "I('7') * 2", "int(I(3))", "[10, 20][I(1)]", "hash(I(9))", "I(5).real", "str(I(4))", "f'{I(4)}'", "'%d' % I(4)")
print(sum(range(1000)), 123456789 * 987654321, 7 ** 77, -(-5) ** 3)
