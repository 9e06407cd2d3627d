"""A small network on recorded batches: E(w) with one batch for each update.

5 inputs, 4 tanh units, 3 classes, the mean cross-entropy of a batch of 8:
z = tanh(x·A + a), o = z·B + b, E = mean(log Σ exp o − o[y]). w is A, a, B, b in
order, each row by row. Examples, batches and first weights are drawn here by
Python's own generator once and are part of ../network.json.
"""

import random

IN, HIDDEN, OUT, BATCH, EXAMPLES, UPDATES = 5, 4, 3, 8, 40, 100

# name, rows, columns; rows = 0 for a vector.
LAYERS = [("hidden.weight", IN, HIDDEN), ("hidden.bias", 0, HIDDEN), ("out.weight", HIDDEN, OUT), ("out.bias", 0, OUT)]


def views():
    """(start, end, rows, columns) of each layer in w."""
    at, out = 0, []
    for _, rows, cols in LAYERS:
        n = max(rows, 1) * cols
        out.append((at, at + n, rows, cols))
        at += n
    return out


SIZE = views()[-1][1]


def draw():
    """The recorded numbers: of three digits, so that they are short."""
    rng = random.Random(20260)
    short = lambda: round(rng.gauss(0, 1), 3)
    x = [[short() for _ in range(IN)] for _ in range(EXAMPLES)]
    # Classes that a linear map of the inputs tells apart in most cases.
    planes = [[rng.gauss(0, 1) for _ in range(IN)] for _ in range(OUT)]
    y = []
    for row in x:
        scores = [sum(a * b for a, b in zip(row, p)) + rng.gauss(0, 0.5) for p in planes]
        y.append(scores.index(max(scores)))
    batches = []
    while len(batches) < UPDATES:
        order = list(range(EXAMPLES))
        rng.shuffle(order)
        batches += [order[i : i + BATCH] for i in range(0, EXAMPLES, BATCH)]
    w = []
    for _, rows, cols in LAYERS:
        w += [round(rng.gauss(0, 1) * max(rows, 1) ** -0.5, 3) if rows else round(rng.gauss(0, 0.1), 3) for _ in range(max(rows, 1) * cols)]
    return {"x": x, "y": y, "batches": batches[:UPDATES], "start": w}


class Network:
    """E on the batch of one update in the number system R."""

    layers = views()

    def __init__(self, data, R):
        self.R, self.data = R, data
        self.x = [[R.num(v) for v in row] for row in data["x"]]

    def batch(self, t):
        rows = self.data["batches"][t - 1]
        return [self.x[i] for i in rows], [self.data["y"][i] for i in rows]

    def _forward(self, w, x):
        R, (A, a, B, b) = self.R, [w[lo:hi] for lo, hi, _, _ in self.layers]
        z = []
        for j in range(HIDDEN):
            s = a[j]
            for i in range(IN):
                s = s + x[i] * A[i * HIDDEN + j]
            e = R.exp(-2 * abs(s))
            th = (1 - e) / (1 + e)
            z.append(th if s >= 0 else -th)
        o = []
        for k in range(OUT):
            s = b[k]
            for j in range(HIDDEN):
                s = s + z[j] * B[j * OUT + k]
            o.append(s)
        top = max(o)
        e = [R.exp(v - top) for v in o]
        return z, o, e, top

    def value(self, w, t):
        total = self.R.num(0.0)
        for x, y in zip(*self.batch(t)):
            _, o, e, top = self._forward(w, x)
            total = total + self.R.log(sum(e)) + top - o[y]
        return total / BATCH

    def gradient(self, w, t):
        g = [self.R.num(0.0)] * SIZE
        A, a, B, b = (v[0] for v in self.layers)
        for x, y in zip(*self.batch(t)):
            z, _, e, _ = self._forward(w, x)
            total = sum(e)
            d = [(v / total - (k == y)) / BATCH for k, v in enumerate(e)]
            for k in range(OUT):
                g[b + k] = g[b + k] + d[k]
            for j in range(HIDDEN):
                back = 0
                for k in range(OUT):
                    g[B + j * OUT + k] = g[B + j * OUT + k] + z[j] * d[k]
                    back = back + w[B + j * OUT + k] * d[k]
                back = back * (1 - z[j] * z[j])
                g[a + j] = g[a + j] + back
                for i in range(IN):
                    g[A + i * HIDDEN + j] = g[A + i * HIDDEN + j] + x[i] * back
        return g


class Error:
    """What a rule sees of E in one update: its gradient and value anywhere, and the layers of w."""

    def __init__(self, problem, t):
        self.problem, self.t, self.layers = problem, t, problem.layers

    def __call__(self, w):
        return self.problem.gradient(w, self.t)

    def value(self, w):
        return self.problem.value(w, self.t)


class Plane:
    """A function of two variables as a problem: w is one vector."""

    layers = [(0, 2, 0, 2)]

    def __init__(self, function, R):
        self.function, self.R = function, R

    def value(self, w, t):
        return self.function.value(w[0], w[1], self.R)

    def gradient(self, w, t):
        return self.function.gradient(w[0], w[1], self.R)
