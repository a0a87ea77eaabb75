def f(alpha, beta=1):
    pass


f(1, betta=2)
