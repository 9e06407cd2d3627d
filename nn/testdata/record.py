#!/usr/bin/env python3
"""Records what layers give, in plain Python from their equations, for layers.json.

    python3 nn/testdata/record.py > nn/testdata/layers.json

Sums are exactly rounded (math.fsum), so each number is good to a few ulp.
"""
import json
import math

POINTS = [-1000.0, -50.0, -10.0, -3.0, -1.0, -0.5, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.5, 1.0, 2.0, 3.0, 10.0, 50.0, 1000.0]


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


ACTIVATIONS = {
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "tanh": math.tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
    # erfc keeps the left tail, where 1 + erf would cancel
    "gelu": lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2)),
    "gelu_tanh": lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "silu": lambda x: x * sigmoid(x),
}


def softmax(row):
    top = max(row)
    e = [math.exp(v - top) for v in row]
    s = math.fsum(e)
    return [v / s for v in e]


def moments(column):
    n = len(column)
    mean = math.fsum(column) / n
    return mean, math.fsum((v - mean) ** 2 for v in column) / n


def batch_norm(x, scale, shift, eps, momentum, mean, variance):
    """Training: y, and the running mean and unbiased variance after it."""
    y = [[0.0] * len(scale) for _ in x]
    new_mean, new_variance = [], []
    for c in range(len(scale)):
        m, v = moments([row[c] for row in x])
        for i, row in enumerate(x):
            y[i][c] = scale[c] * (row[c] - m) / math.sqrt(v + eps) + shift[c]
        n = len(x)
        new_mean.append((1 - momentum) * mean[c] + momentum * m)
        new_variance.append((1 - momentum) * variance[c] + momentum * v * n / (n - 1))
    return y, new_mean, new_variance


def batch_norm_evaluation(x, scale, shift, eps, mean, variance):
    return [[s * (v - m) / math.sqrt(q + eps) + b for v, s, b, m, q in zip(row, scale, shift, mean, variance)] for row in x]


def layer_norm(x, scale, shift, eps):
    y = []
    for row in x:
        m, v = moments(row)
        y.append([s * (a - m) / math.sqrt(v + eps) + b for a, s, b in zip(row, scale, shift)])
    return y


def linear(x, w, b):
    return [[math.fsum(row[i] * w[i][j] for i in range(len(w))) + b[j] for j in range(len(b))] for row in x]


def numbers(n, seed):
    """Multiples of 1/64 in (-2, 2), by a small linear congruential generator."""
    out = []
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) % 2**31
        out.append((seed >> 16) % 255 / 64 - 127 / 64)
    return out


def table(rows, cols, seed):
    flat = numbers(rows * cols, seed)
    return [flat[i * cols:(i + 1) * cols] for i in range(rows)]


def main():
    x, scale, shift = table(5, 3, 1), [1.5, -0.25, 1.0], [0.5, 0.0, -1.0]
    mean, variance = [0.25, -1.0, 0.0], [1.0, 4.0, 0.5]
    y, new_mean, new_variance = batch_norm(x, scale, shift, 1e-5, 0.1, mean, variance)
    w, b = table(3, 4, 2), numbers(4, 3)
    z = table(4, 3, 4) + [[1000.0, 1001.0, 999.0], [-1000.0, 0.0, 1000.0]]
    print(json.dumps({
        "activations": {name: [[p, f(p)] for p in POINTS] for name, f in ACTIVATIONS.items()},
        "softmax": {"x": z, "y": [softmax(r) for r in z]},
        "linear": {"x": x, "weight": w, "bias": b, "y": linear(x, w, b)},
        "batch_norm": {"x": x, "scale": scale, "shift": shift, "mean": mean, "variance": variance,
                       "y": y, "next_mean": new_mean, "next_variance": new_variance,
                       "evaluated": batch_norm_evaluation(x, scale, shift, 1e-5, mean, variance)},
        "layer_norm": {"x": x, "scale": scale, "shift": shift, "y": layer_norm(x, scale, shift, 1e-5)},
    }, indent=1))


main()
