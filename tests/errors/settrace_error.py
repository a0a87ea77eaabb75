import os
os.environ["X"] = 5
