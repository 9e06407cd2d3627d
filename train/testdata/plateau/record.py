#!/usr/bin/env python3
"""Records decisions.json: η0 after each epoch of PyTorch's ReduceLROnPlateau, for losses drawn by a
seeded generator, over settings of all its parameters.

    python3 record.py
"""

import json
import os
import random

import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def losses(rng, epochs):
    """A falling curve that stops now and then, with noise and a NaN."""
    out, level = [], rng.uniform(0.5, 3)
    for epoch in range(epochs):
        if rng.random() < 0.45:
            level *= rng.choice([0.7, 0.95, 0.9999, 0.99995])
        noise = rng.choice([0, 0, 0, 1e-6, 0.02])
        out.append(level * (1 + noise * rng.uniform(-1, 1)))
    if rng.random() < 0.3:
        out[rng.randrange(epochs)] = None
    if rng.random() < 0.3:
        out = [x and x - 1.0 for x in out]  # a relative threshold on a loss below zero
    return out


def main():
    rng = random.Random(1)
    cases = []
    for _ in range(60):
        setting = {
            "factor": rng.choice([0.1, 0.5, 0.3]),
            "patience": rng.choice([0, 1, 2, 3]),
            "threshold": rng.choice([0.0, 1e-4, 0.01]),
            "threshold_mode": rng.choice(["rel", "abs"]),
            "cooldown": rng.choice([0, 0, 1, 3]),
            "min_lr": rng.choice([0.0, 1e-3, 0.004]),
            "eps": rng.choice([1e-8, 1e-4]),
        }
        rate = rng.choice([0.1, 0.01, 1.0])
        w = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([w], lr=rate)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", **setting)
        epochs, rates = losses(rng, 40), []
        for x in epochs:
            plateau.step(float("nan") if x is None else x)
            rates.append(optimizer.param_groups[0]["lr"])
        cases.append({"setting": setting, "lr": rate, "losses": epochs, "rates": rates})
    head = json.dumps({"torch": torch.__version__})[1:-1]
    with open(os.path.join(HERE, "decisions.json"), "w") as f:
        f.write("{" + head + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")


if __name__ == "__main__":
    main()
