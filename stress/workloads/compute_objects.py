"""Independent compute: instances, methods, attributes, small containers; nothing is shared but the classes."""

from support import check, checksum, in_parts, workload

PARTS = 256


class Node:
    def __init__(self, key):
        self.key = key
        self.left = self.right = None

    def insert(self, key):
        node = self
        while True:
            side = "left" if key < node.key else "right"
            below = getattr(node, side)
            if below is None:
                setattr(node, side, Node(key))
                return
            node = below

    def walk(self):
        stack = []
        node = self
        keys = []
        while stack or node:
            while node:
                stack.append(node)
                node = node.left
            node = stack.pop()
            keys.append(node.key)
            node = node.right
        return keys


def part(number, nodes):
    keys = [(number + 1) * (k * 7919 + 13) % 100_003 for k in range(nodes)]
    root = Node(keys[0])
    for key in keys[1:]:
        root.insert(key)
    sorted_keys = root.walk()
    check(sorted_keys == sorted(keys), "the tree lost its order", number)
    return sum(key * place for place, key in enumerate(sorted_keys))


def run(options, threads):
    nodes = options.size // PARTS

    return [f"checksum: {checksum(in_parts(threads, PARTS, lambda number: part(number, nodes)))}"]


if __name__ == "__main__":
    workload("compute_objects", "Independent work on objects.", run, 360_000, "nodes of all threads together")
