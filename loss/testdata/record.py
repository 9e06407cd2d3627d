#!/usr/bin/env python3
"""Records losses and their gradients, in plain Python from their equations, for losses.json.

    python3 loss/testdata/record.py > loss/testdata/losses.json

The losses here are sums over the rows; gradients are with respect to the outputs.
"""
import json
import math


def log_sum_exp(z):
    top = max(z)
    return top + math.log(math.fsum(math.exp(v - top) for v in z))


def cross_entropy(rows, targets, smoothing):
    e, grads = [], []
    for z, t in zip(rows, targets):
        t = [(1 - smoothing) * p + smoothing / len(z) for p in t]
        lse = log_sum_exp(z)
        e.append(math.fsum(p * (lse - v) for p, v in zip(t, z)))
        grads.append([math.exp(v - lse) * math.fsum(t) - p for p, v in zip(t, z)])
    return math.fsum(e), grads


def binary(rows, targets):
    e, grads = [], []
    for z, t in zip(rows, targets):
        e += [max(v, 0.0) + math.log1p(math.exp(-abs(v))) - p * v for v, p in zip(z, t)]
        grads.append([(1 / (1 + math.exp(-v)) if v > -700 else 0.0) - p for v, p in zip(z, t)])
    return math.fsum(e), grads


def squared(rows, targets):
    e = [0.5 * (v - p) ** 2 for z, t in zip(rows, targets) for v, p in zip(z, t)]
    return math.fsum(e), [[v - p for v, p in zip(z, t)] for z, t in zip(rows, targets)]


def huber(rows, targets, delta):
    e, grads = [], []
    for z, t in zip(rows, targets):
        d = [v - p for v, p in zip(z, t)]
        e += [0.5 * a * a if abs(a) <= delta else delta * (abs(a) - delta / 2) for a in d]
        grads.append([max(-delta, min(delta, a)) for a in d])
    return math.fsum(e), grads


def absolute(rows, targets):
    d = [[v - p for v, p in zip(z, t)] for z, t in zip(rows, targets)]
    return math.fsum(abs(a) for r in d for a in r), [[float((a > 0) - (a < 0)) for a in r] for r in d]


def poisson(rows, targets):
    e = [math.exp(v) - p * v for z, t in zip(rows, targets) for v, p in zip(z, t)]
    return math.fsum(e), [[math.exp(v) - p for v, p in zip(z, t)] for z, t in zip(rows, targets)]


def gaussian(rows, targets):
    e, grads = [], []
    for z, t in zip(rows, targets):
        k = len(t)
        scaled = [(p - m) * math.exp(-s) for p, m, s in zip(t, z[:k], z[k:])]
        e += [0.5 * (s + (p - m) * a) for p, m, s, a in zip(t, z[:k], z[k:], scaled)]
        grads.append([-a for a in scaled] + [0.5 - 0.5 * a * (p - m) for a, p, m in zip(scaled, t, z[:k])])
    return math.fsum(e), grads


def one_hot(i, n):
    return [1.0 if j == i else 0.0 for j in range(n)]


def main():
    z = [[0.5, -1.25, 2.0], [0.0, 0.0, 0.0], [-3.0, 1.5, 0.25], [1000.0, 0.0, -1000.0], [-800.0, 800.0, 799.0]]
    labels = [2, 1, 0, 0, 2]
    soft = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.9, 0.05, 0.05], [0.0, 0.5, 0.5]]
    bits = [[1.0, 0.0, 1.0], [0.0, 1.0, 0.5], [0.25, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    y = [[0.5, -1.25, 2.0], [0.0, 3.5, 0.0], [-3.0, 1.5, 0.25]]
    t = [[0.0, -1.0, 2.0], [0.25, -1.0, 1.0], [-3.0, 0.5, 5.0]]
    hot = [one_hot(i, 3) for i in labels]
    cases = []

    def case(loss, output, target, result, **options):
        cases.append({"loss": loss, "output": output, "target": target, "e": result[0], "gradient": result[1], **options})

    for s in [0.0, 0.1]:
        case("cross_entropy", z, labels, cross_entropy(z, hot, s), smoothing=s)
        case("cross_entropy", z, soft, cross_entropy(z, soft, s), smoothing=s)
    # Weights that do not add up to 1: the row counts as often as they do.
    counts = [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [0.5, 0.0, 0.25], [3.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    case("cross_entropy", z, counts, cross_entropy(z, counts, 0.0), smoothing=0.0)
    case("binary_cross_entropy", z, bits, binary(z, bits))
    case("squared_error", y, t, squared(y, t))
    case("huber", y, t, huber(y, t, 1.0), delta=1.0)
    case("huber", y, t, huber(y, t, 0.3), delta=0.3)
    case("absolute_error", y, t, absolute(y, t))
    case("poisson", y, counts[:3], poisson(y, counts[:3]))
    wide = [[0.5, -1.25, 2.0, -3.0], [0.0, 3.5, 0.0, 0.0], [-3.0, 1.5, 0.25, -1.0]]
    pairs = [[0.25, 1.0], [0.0, 4.0], [2.0, 1.5]]
    case("gaussian", wide, pairs, gaussian(wide, pairs))
    print(json.dumps(cases, indent=1))


main()
