#!/usr/bin/env python3
"""Reruns ../matrix in other people's optimizers, float64, and reports the differences.

    python3 crosscheck_matrix.py     needs NumPy, torch 2.9 or later and pytorch_optimizer

torch.optim.Muon rounds to bfloat16 within its iteration; here that cast is made to do nothing, so that the equations are
compared. It takes matrices alone, as [outputs, inputs]: the bias is given to torch's Adam.
"""

import json
import math
import os

import numpy as np
import torch

from matrix import SHAPES, START, X, Y, split
from record import OUT

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.bfloat16 = torch.float64


def hypers(spec):
    name, _, pairs = spec.partition(":")
    return name, {k: json.loads(v) for k, v in (p.split("=") for p in pairs.split(","))}


def run(make, h):
    w = {k: torch.tensor(START[k].T.copy() if k.endswith("weight") else START[k], requires_grad=True) for k in SHAPES}
    optimizers, points = make(w, h), []
    x, y = torch.tensor(X), torch.tensor(Y)
    for tau in range(101):
        points.append(np.concatenate([(v.detach().numpy().T if k.endswith("weight") else v.detach().numpy()).reshape(-1) for k, v in w.items()]))
        eta = h["lr"] * (1 + 0.5 * math.sin(tau))
        for o, factor in optimizers:
            o.zero_grad()
            o.param_groups[0]["lr"] = eta * factor
        e = 0.5 * torch.mean((torch.tanh(x @ w["a.weight"].T + w["a.bias"]) @ w["b.weight"].T - y) ** 2)
        e.backward()
        for o, _ in optimizers:
            o.step()
    return points


def adam(w, h):
    return torch.optim.Adam([w["a.bias"]], betas=(h.get("beta1", 0.9), h.get("beta2", 0.999)), eps=h.get("eps", 1e-8)), h.get("rest_factor", 1)


def muon(w, h):
    o = torch.optim.Muon(
        [w["a.weight"], w["b.weight"]], lr=h["lr"], weight_decay=h["weight_decay"], momentum=h["momentum"], nesterov=h.get("nesterov", True),
        ns_steps=h.get("ns_steps", 5), eps=1e-7, adjust_lr_fn="match_rms_adamw" if h.get("match_rms") else "original",
    )
    return [(o, 1), adam(w, h)]


def main():
    print("torch", torch.__version__)
    for name, make in {"muon": muon}.items():
        with open(os.path.join(OUT, "matrix", name + ".json")) as f:
            for case in json.load(f):
                points = run(make, hypers(case["optimizer"])[1])
                d = max(np.abs(np.array(p) - q).max() for p, q in zip(case["points"], points[::10], strict=True))
                print(f"{case['optimizer']}: {d:.2g}")
    assert split(points[0]).keys() == SHAPES.keys()


if __name__ == "__main__":
    main()
