"""Records recorded.json: what data's tests expect, computed independently.

Plain Python 3, no packages. Philox4x32-10 and the shuffle are written here from
their published definitions (Salmon et al. 2011; Fisher and Yates), the moments
with exact fractions. Run it in this folder:  python3 record.py
"""

import csv
import gzip
import hashlib
import json
import struct
from fractions import Fraction
from math import sqrt

WORD = 1 << 32


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [p1 // WORD ^ c[1] ^ k[0], p1 % WORD, p0 // WORD ^ c[3] ^ k[1], p0 % WORD]
        k = [(k[0] + 0x9E3779B9) % WORD, (k[1] + 0xBB67AE85) % WORD]
    return c


def draw(seed, purpose, at, i):
    words = philox([i // 2, at % WORD, at // WORD, purpose], [seed % WORD, seed // WORD])
    low, high = words[2 * (i % 2) : 2 * (i % 2) + 2]
    return high * WORD + low


def below(u, n):
    return u * n >> 64


def permutation(n, seed, purpose, at):
    p = list(range(n))
    for i in reversed(range(1, n)):
        j = below(draw(seed, purpose, at, i), i + 1)
        p[i], p[j] = p[j], p[i]
    return p


SPLIT, SHUFFLE, REPLACEMENT = 0xDA7A0001, 0xDA7A0002, 0xDA7A0003


def shuffles():
    for n, seed, epoch in [(2, 1, 0), (10, 1, 0), (10, 1, 1), (17, (1 << 40) + 3, 5), (9, 7, (1 << 33) + 1)]:
        yield {"n": n, "seed": seed, "epoch": epoch, "order": permutation(n, seed, SHUFFLE, epoch)}
    n, seed, epoch = 60000, 1, 2
    order = permutation(n, seed, SHUFFLE, epoch)
    words = b"".join(i.to_bytes(4, "little") for i in order)
    yield {"n": n, "seed": seed, "epoch": epoch, "sha256": hashlib.sha256(words).hexdigest()}


def replacements():
    for n, batch, seed, step in [(10, 4, 1, 0), (10, 4, 1, 2), (1000, 3, 9, 123456)]:
        epoch, place = divmod(step, -(-n // batch))
        size = min(batch, n - place * batch)
        drawn = [below(draw(seed, REPLACEMENT, step, j), n) for j in range(size)]
        yield {"n": n, "batch": batch, "seed": seed, "step": step, "indices": drawn}


CHUNKS, WINDOW = 0xDA7A0004, 0xDA7A0005


def streams():
    """Two epochs of streams: chunks in order of one permutation, windows of another."""
    for n, window, chunk, seed in [(50, 12, 3, 7), (300, 128, 2, (1 << 40) + 1)]:
        windows = -(-n // window)
        order = []
        for epoch in range(2):
            places = []
            for c in permutation(-(-n // chunk), seed, CHUNKS, epoch):
                places += range(c * chunk, min(n, (c + 1) * chunk))
            for w in range(windows):
                rows = sorted(places[w * window : (w + 1) * window])
                mixed = permutation(len(rows), seed, WINDOW, epoch * windows + w)
                order += [rows[i] for i in mixed]
        yield {"n": n, "window": window, "chunk": chunk, "seed": seed, "order": order}


def splits():
    # With one stratum the shares are rounded by largest remainder.
    for n, seed, counts, fractions in [(10, 1, (7, 2, 1), (0.7, 0.2, 0.1)), (23, 5, (14, 5, 4), (0.6, 0.2, 0.2))]:
        order = permutation(n, seed, SPLIT, 0)
        a, b = counts[0], counts[0] + counts[1]
        yield {
            "n": n,
            "seed": seed,
            "fractions": fractions,
            "train": sorted(order[:a]),
            "validation": sorted(order[a:b]),
            "test": sorted(order[b:]),
        }


def moments(columns):
    """Mean and standard deviation of each column, exact until the last step."""
    for column in columns:
        n = len(column)
        mean = sum(column) / n
        variance = sum((x - mean) ** 2 for x in column) / n
        yield {"mean": float(mean), "std": sqrt(variance), "min": float(min(column)), "max": float(max(column))}


def iris():
    with open("iris.csv", newline="") as f:
        rows = list(csv.reader(f))[1:]
    # The reader rounds to float32, so the cells here are what float32 holds.
    def single(text):
        return Fraction(struct.unpack("f", struct.pack("f", float(text)))[0])

    return list(moments([[single(row[j]) for row in rows] for j in range(4)]))


def mnist():
    with gzip.open("../mnist/train-images-idx3-ubyte.gz") as f:
        pixels = f.read()[16:]
    counts = [0] * 256
    for value in range(256):
        counts[value] = pixels.count(value)
    n = sum(counts)
    mean = Fraction(sum(v * c for v, c in enumerate(counts)), n)
    variance = Fraction(sum(v * v * c for v, c in enumerate(counts)), n) - mean**2
    return {"mean": float(mean), "std": sqrt(variance), "sum": sum(v * c for v, c in enumerate(counts))}


with open("recorded.json", "w") as f:
    json.dump(
        {
            "shuffles": list(shuffles()),
            "replacements": list(replacements()),
            "splits": list(splits()),
            "streams": list(streams()),
            "iris": iris(),
            "mnist": mnist(),
        },
        f,
        indent=1,
    )
    f.write("\n")
