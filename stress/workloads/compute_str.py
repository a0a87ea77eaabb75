"""Independent compute: building, splitting and searching str; nothing is shared but the code and the constants."""

from support import check, checksum, in_parts, workload

PARTS = 64
WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split()


def part(number, steps):
    found = 0
    for step in range(steps):
        words = [WORDS[(number + step * k) % len(WORDS)] for k in range(8)]
        text = "-".join(words) + f":{step:05d}"
        head, _, tail = text.partition(":")
        check(head.split("-") == words and int(tail) == step, text)
        found += head.upper().count("ETA") + len(text.replace("a", ""))
    return found


def run(options, threads):
    steps = options.size // PARTS

    return [f"checksum: {checksum(in_parts(threads, PARTS, lambda number: part(number, steps)))}"]


if __name__ == "__main__":
    workload("compute_str", "Independent work on str.", run, 260_000, "strings of all threads together")
