def fail(n):
    raise ValueError(n)


errors = []
for n in (1, 2):
    try:
        fail(n)
    except ValueError as e:
        errors.append(e)
raise ExceptionGroup("several", errors)
