def fails():
    return 1 // 0


# A call that is all of the right side is marked where the line says more than one name.
first = second = [fails for _ in range(1)]
first = second = first[0]()
