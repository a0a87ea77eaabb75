#: skip
import cycle_second_for_import
x = 1
