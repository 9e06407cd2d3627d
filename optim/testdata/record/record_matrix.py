#!/usr/bin/env python3
"""Records ../matrix/*.json: 100 updates of every rule of matrix.py on its network, every tenth point.

    python3 record_matrix.py            write the files (needs NumPy; written with 2.4.6)
    python3 record_matrix.py --check    recompute and compare with the files

The rate moves as lr·(1 + ½ sin τ), since a constant one cannot tell two forms apart. A case whose end moves by
more than 1e-11 when its start moves by 1e-14 has its rate halved until it does not: float64 would not determine it.
"""

import json
import math
import os
import sys

import numpy as np

from matrix import CURVATURE, MATRIX, START, by_role, flat, gradient
from record import OUT

STEPS, EVERY = 100, 10
RULES = {name: (by_role(matrices, rest), lr, hypers) for name, (matrices, rest, lr, hypers) in MATRIX.items()}
RULES.update(CURVATURE)


def rates(lr):
    return [lr * (1 + 0.5 * math.sin(tau)) for tau in range(STEPS)]


def run(update, h, lr, start):
    s, w, points = {}, start, [start]
    for t, eta in enumerate(rates(lr), 1):
        w = w + update(s, w, h, eta, t)
        points.append(w)
    return points


def main():
    check, worst = "--check" in sys.argv[1:], 0.0
    os.makedirs(os.path.join(OUT, "matrix"), exist_ok=True)
    nudge = 1e-14 * np.cos(np.arange(flat(START).size))
    for name, (update, lr0, hypers) in RULES.items():
        rows = []
        for h in hypers:
            lr = lr0
            while True:
                points = run(update, h, lr, flat(START))
                drift = np.abs(points[-1] - run(update, h, lr, flat(START) + nudge)[-1]).max()
                if drift <= 1e-11:
                    break
                lr /= 2
                if lr < lr0 / 100:
                    sys.exit(f"{name} {h}: drifts by {drift}")
            norm = [float(np.linalg.norm(gradient(p))) for p in (points[0], points[-1])]
            print(f"{name:12} lr {lr:<8g} drift {drift:.1e}  ‖∇E‖ {norm[0]:.3g} to {norm[1]:.3g}")
            words = {k: str(v).lower() if isinstance(v, bool) else v for k, v in h.items()}
            spec = name + ":" + ",".join(f"{k}={v}" for k, v in {"lr": lr, **words}.items())
            rows.append({"optimizer": spec, "points": [p.tolist() for p in points[::EVERY]]})
        path = os.path.join(OUT, "matrix", name + ".json")
        if check:
            with open(path) as f:
                for a, b in zip(json.load(f), rows, strict=True):
                    worst = max(worst, np.abs(np.array(a["points"]) - np.array(b["points"])).max())
            continue
        with open(path, "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    if check:
        print(f"largest difference {worst:.2g}")
        sys.exit(worst > 1e-9)


if __name__ == "__main__":
    main()
