def cleanup():
    {}["resource"]


try:
    1 / 0
except ZeroDivisionError:
    cleanup()
