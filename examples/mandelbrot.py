"""The Mandelbrot set as a grey picture (PGM). Rows go to the threads as they become free."""

from common import WorkList, checksum, in_threads, main

LIMIT = 100


def row(y, width, height):
    """The grey values of one row of the picture."""
    line = bytearray(width)
    ci = 2.4 * y / height - 1.2
    scale = 3.2 / width
    for x in range(width):
        cr = x * scale - 2.2
        zr = zi = 0.0
        rr = ii = 0.0
        steps = 0
        while steps < LIMIT and rr + ii <= 4.0:
            zi = 2.0 * zr * zi + ci
            zr = rr - ii + cr
            rr = zr * zr
            ii = zi * zi
            steps += 1
        line[x] = 0 if steps == LIMIT else 255 - 2 * steps
    return line


def run(options, threads):
    width = options.size
    height = options.size * 3 // 4
    rows = [None] * height
    # The rows through the middle of the set take the longest, so they are begun first.
    work = WorkList(sorted(range(height), key=lambda y: abs(2 * y - height)))

    def draw(_index):
        for y in work:
            rows[y] = row(y, width, height)

    in_threads(threads, draw)
    picture = b"".join(rows)
    if options.out:
        with open(options.out, "wb") as file:
            file.write(b"P5\n%d %d\n255\n" % (width, height))
            file.write(picture)
    inside = picture.count(0)
    return [
        f"picture: {width} x {height}",
        f"inside: {inside} of {len(picture)} points",
        f"checksum: {checksum(sum(line) for line in rows)}",
    ]


if __name__ == "__main__":
    main(
        "mandelbrot",
        "Draw the Mandelbrot set.",
        run,
        size=800,
        size_help="width of the picture",
        extra={"out": ("", "write the picture to the file X (PGM)")},
    )
