"""Sales records as JSON lines, parsed and aggregated by workers that are fed through a queue.Queue.

The main thread puts batches of lines into one queue; each worker takes batches, parses them, aggregates, and puts its
partial result into another queue at the end.
"""

import json
import queue
import threading

from common import checksum, main

CITIES = ["Athens", "Bremen", "Córdoba", "Delft", "Évora", "Fukuoka", "Gdańsk", "Hanoi"]
ITEMS = ["anchor", "bell", "compass", "drum", "easel", "flute"]
BATCH = 200
LINES = []


def prepare(options):
    """Generate the records: the same ones on every Python."""
    state = 12345
    for number in range(options.size):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        order = {
            "id": number,
            "city": CITIES[state >> 8 & 7],
            "customer": {"name": f"customer {state % 997}", "vip": state % 13 == 0},
            "lines": [
                {"item": ITEMS[(state >> shift) % 6], "count": 1 + (state >> shift) % 9, "price": (state >> shift) % 10000 / 100}
                for shift in range(3, 3 + 2 * (1 + state % 4), 2)
            ],
            "note": None if state % 3 else "gift\twrapped “nicely”",
        }
        LINES.append(json.dumps(order))


def aggregate(tasks, partials):
    """The body of a worker."""
    cities = {}
    items = {}
    customers = {}
    notes = characters = 0
    while (batch := tasks.get()) is not None:
        for line in batch:
            characters += len(line)
            order = json.loads(line)
            cents = 0
            for entry in order["lines"]:
                count = entry["count"]
                worth = round(entry["price"] * 100) * count
                cents += worth
                sold = items.setdefault(entry["item"], [0, 0])
                sold[0] += count
                sold[1] += worth
            if order["customer"]["vip"]:
                cents = cents * 9 // 10
            city = order["city"]
            cities[city] = cities.get(city, 0) + cents
            name = order["customer"]["name"]
            customers[name] = customers.get(name, 0) + cents
            if order["note"]:
                notes += 1
    partials.put({"cities": cities, "items": items, "customers": customers, "notes": notes, "characters": characters})


def run(options, threads):
    tasks = queue.Queue()
    partials = queue.Queue()
    workers = [threading.Thread(target=aggregate, args=(tasks, partials)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for start in range(0, len(LINES), BATCH):
        tasks.put(LINES[start : start + BATCH])
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()

    cities, items, customers, notes, characters = {}, {}, {}, 0, 0
    for _ in workers:
        part = partials.get()
        for mine, theirs in ((cities, part["cities"]), (customers, part["customers"])):
            for name, cents in theirs.items():
                mine[name] = mine.get(name, 0) + cents
        for name, (count, cents) in part["items"].items():
            sold = items.setdefault(name, [0, 0])
            sold[0] += count
            sold[1] += cents
        notes += part["notes"]
        characters += part["characters"]
    best = sorted(customers.items(), key=lambda entry: (-entry[1], entry[0]))[:3]
    report = json.dumps({"cities": cities, "items": items, "best": best, "notes": notes}, sort_keys=True, indent=1)
    return [f"orders: {len(LINES)}, characters {characters}", report, f"checksum: {checksum([report])}"]


if __name__ == "__main__":
    main(
        "json_report",
        "Aggregate JSON records through queues.",
        run,
        size=200_000,
        size_help="number of records",
        prepare=prepare,
    )
