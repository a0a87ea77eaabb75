#: skip
print("circle b begins")
import circle_a
VALUE = "b"
print("a is partial:", hasattr(circle_a, "VALUE"))
