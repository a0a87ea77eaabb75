import sys
sys.path.insert(0, "shadowing")
import random_thing_that_is_not_there
