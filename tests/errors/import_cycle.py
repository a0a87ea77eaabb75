import sys
# What the program does to its path afterwards does not count.
sys.path.insert(0, "elsewhere")
try:
    import cycle_attribute_for_import
except AttributeError as error:
    print(error)
import cycle_first_for_import
