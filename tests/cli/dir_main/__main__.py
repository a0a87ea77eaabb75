import sys
print("directory main", __name__, sys.argv[1:])
import helper_here
