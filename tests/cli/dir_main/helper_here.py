print("neighbour", __name__)
