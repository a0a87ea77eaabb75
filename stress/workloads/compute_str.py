"""Independent compute: building, splitting and searching str; nothing is shared but the code.

Each part has copies of the words of its own. With one list of words for all, every list made of them would count the same
strings from all threads, which is what `shared_reads` is about.
"""

from support import check, checksum, in_parts, workload

PARTS = 256
WORDS = b"alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"


def part(number, steps):
    own_words = WORDS.decode().split()
    found = 0
    for step in range(steps):
        words = [own_words[(number + step * k) % len(own_words)] for k in range(8)]
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
