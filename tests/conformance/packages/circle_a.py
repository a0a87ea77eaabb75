#: skip
print("circle a begins")
import circle_b
VALUE = "a"
print("circle a ends", circle_b.VALUE)
