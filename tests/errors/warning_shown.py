import warnings
warnings.warn("be careful")
warnings.warn("old", DeprecationWarning)
"\d"
print("goes on")
