#: env PYTHONIOENCODING=ascii
print("fine")
print("é")
