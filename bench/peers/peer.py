"""What the Python peers share: the data, the measurement and the way the driver talks to them.

A peer measures by the rule of the Go package bench: one run that touches the
memory, then five blocks of at least 0.2 s each, of which the median counts.

    python3 torch_nets.py --threads 2 mlp_adam sgemm1024    # by hand
    python3 torch_nets.py --threads 2 --serve               # names on stdin, answers on stdout
"""

import argparse
import json
import os
import statistics
import sys
import time

# Settings that pin an old OpenBLAS to a kernel slow NumPy and PyTorch down and
# are no default of theirs. They are read when the library is loaded, so they go
# before anything is imported that loads it.
for name in [n for n in os.environ if n.startswith("OPENBLAS_")]:
    del os.environ[name]

BLOCKS = 5
BLOCK_SECONDS = 0.2

EXAMPLES = 10_000  # pictures in memory, of MNIST's shape
WINDOWS, CONTEXT, SYMBOLS = 4096, 64, 65  # of text


class Missing(Exception):
    """The peer has no such thing; the message says why."""


class Work:
    """Prepared work: once does it, sync waits until it is done, value turns the
    seconds that it takes into a figure in unit."""

    def __init__(self, once, unit, value, sync=lambda: None, weights=None, loss=None):
        self.once, self.unit, self.value, self.sync = once, unit, value, sync
        self.weights, self.loss = weights, loss


def rate(units):
    return lambda seconds: units / seconds


def milliseconds(seconds):
    return 1000 * seconds


def digits():
    """Pictures and labels as in bench/training.go: bytes by a hash of their place."""
    import numpy as np

    i = np.arange(EXAMPLES * 784, dtype=np.uint64)
    images = ((i * 2654435761) % 2**32 >> 24).astype(np.uint8).reshape(EXAMPLES, 784)
    return images, (np.arange(EXAMPLES) % 10).astype(np.int64)


def text():
    """Windows of symbols, and the symbols that follow them, as in bench/training.go."""
    import numpy as np

    state, symbols = 1, []
    for _ in range(WINDOWS * CONTEXT + 1):
        symbols.append((state >> 16) % SYMBOLS)
        state = (state * 1664525 + 1013904223) % 2**32
    s = np.array(symbols, dtype=np.int64)
    return s[:-1].reshape(WINDOWS, CONTEXT), s[1:].reshape(WINDOWS, CONTEXT)


def scale(images):
    """Mean and reciprocal deviation of all pixels."""
    return float(images.mean()), float(1 / images.std())


def ramp(n):
    """Numbers of both signs around 0, none of them subnormal, as bench/machine.go fills."""
    import numpy as np

    i = np.arange(n, dtype=np.uint64)
    return ((i * 2654435761) % 1009 / 1009 - 0.5).astype(np.float32)


class Batches:
    """Row numbers without replacement, in a new order after every pass."""

    def __init__(self, examples, batch, make):
        import numpy as np

        self.order, self.examples, self.batch, self.make = np.random.default_rng(1), examples, batch, make
        self.at, self.rows = examples, None

    def next(self):
        if self.at + self.batch > self.examples:
            self.rows, self.at = self.make(self.order.permutation(self.examples)), 0
        self.at += self.batch
        return self.rows[self.at - self.batch : self.at]


def measure(work):
    n = 1
    for _ in range(2):
        start = time.perf_counter()
        work.once()
        work.sync()
        n = int(BLOCK_SECONDS / max(1e-9, time.perf_counter() - start)) + 1
    seconds = []
    for _ in range(BLOCKS):
        start = time.perf_counter()
        for _ in range(n):
            work.once()
        work.sync()
        seconds.append((time.perf_counter() - start) / n)
    return work.value(statistics.median(seconds))


def answer(name, prepared, prepare, threads):
    try:
        if name not in prepared:
            prepared[name] = prepare(name)
        work, start = prepared[name], time.perf_counter()
        out = {"name": name, "value": measure(work), "unit": work.unit, "threads": threads}
        out["took"] = time.perf_counter() - start
        if work.weights is not None:
            out["weights"] = work.weights
        if work.loss is not None:
            out["loss"] = work.loss()
        return out
    except Exception as e:  # whatever a library raises, the table says so and goes on
        lines = str(e).strip().splitlines() or [""]
        text = lines[0] if isinstance(e, Missing) else f"{type(e).__name__}: {lines[0]}"
        return {"name": name, "threads": threads, "error": text[:200]}


def main(setup, flags=lambda parser: None):
    """setup(args) gives the peer's hello and its prepare(name) -> Work."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--serve", action="store_true")
    flags(parser)
    args = parser.parse_args()
    # Compilers and libraries print as they like; stdout is for answers alone.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(what):
        out.write(json.dumps(what) + "\n")
        out.flush()

    hello, prepare = setup(args)
    say(hello)
    prepared = {}
    names = (line.strip() for line in sys.stdin) if args.serve else args.names
    for name in names:
        say(answer(name, prepared, prepare, args.threads))
