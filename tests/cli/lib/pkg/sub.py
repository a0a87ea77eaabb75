NAME = __name__
if __name__ == "__main__":
    print("sub as main", __package__)
