class A:
    def __init__(self):
        self.items = {"k": [1, 2, 3]}

    def get(self, key):
        return self.items[key][10] + self.items["k"][0]


def call(obj, *args):
    return obj.get(
        *args,
    )


def run():
    values = [call(A(), k) for k in ["k"]]
    return values


run()
