#!/usr/bin/env python3
"""Records the trajectories next to this folder, in plain Python and float64.

    python3 record.py            write ../trajectories/*.json, ../schedules.json, ../functions.json
    python3 record.py --check    recompute everything and compare with the files

Before anything is written, three things are verified, and a failure stops it:
  1. every hand-made gradient against a central difference in 50-digit arithmetic,
  2. every trajectory against the same rule run in 50-digit arithmetic: float64's
     own rounding must not move a point by more than MAX_DRIFT; the case's rate is
     halved until that holds,
  3. the torch form of nesterov against the lecture's, where theory says they agree.
"""

import decimal
import json
import os
import sys

from cases import SCHEDULES, STEPS, all_cases, factors
from functions import FUNCTIONS
from reals import Decimal, Float
from rules import RULES

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.dirname(HERE)

# Far enough below the 1e-10 that a reader of these files should hold, since its
# own rounding differs from ours and comes on top. Relative to max(1, |x|).
# A rule that divides by a gradient's recent size (RMSProp above all) does not
# settle: near a minimum it jumps across it for ever, chaotically, and a last bit
# grows to a tenth within 200 steps. No two programs agree on such a run, so its
# rate is halved until the run is one that arithmetic determines.
MAX_DRIFT = 2e-13
MAX_HALVINGS = 8


def run(function, case, R):
    """The STEPS + 1 points of a case in the number system R."""
    rule = RULES[case["optimizer"], case.get("form", "")](len(case["start"]), case["hyper"], R)

    def gradient_at(w):
        return function.gradient(w[0], w[1], R)

    w = [R.num(x) for x in case["start"]]
    points = [w]
    # The rate is the float64 product in both systems: it is an input.
    rates = [case["hyper"]["lr"] * f for f in factors(case.get("schedule"))]
    for t in range(1, STEPS + 1):
        w = rule.step(w, gradient_at, R.num(rates[t - 1]), t)
        points.append(w)
    return points


def drift(points, exact):
    """The largest distance between two trajectories, relative to max(1, |x|)."""
    return max(
        float(abs(decimal.Decimal(p) - q) / max(1, abs(q)))
        for a, b in zip(points, exact)
        for p, q in zip(a, b)
    )


PROBES = [(-1.2, 1.0), (0.5, -0.75), (1.0, 1.0), (-2.0, 3.0), (0.1, 0.2), (3.0, 2.0), (-3.5, -1.25)]


def check_gradients():
    h = decimal.Decimal("1e-15")
    for f in FUNCTIONS:
        for x, y in f.starts + PROBES:
            x, y = decimal.Decimal(x), decimal.Decimal(y)
            gx, gy = f.gradient(x, y, Decimal)
            dx = (f.value(x + h, y, Decimal) - f.value(x - h, y, Decimal)) / (2 * h)
            dy = (f.value(x, y + h, Decimal) - f.value(x, y - h, Decimal)) / (2 * h)
            for got, want in ((gx, dx), (gy, dy)):
                if abs(got - want) > decimal.Decimal("1e-24") * max(1, abs(want)):
                    sys.exit(f"{f.name}: gradient at ({x}, {y}) is {got}, the difference says {want}")
        for x, y in f.stationary:
            if f.gradient(x, y, Float) != (0, 0):
                sys.exit(f"{f.name}: ({x}, {y}) is not stationary in float64")
        for (x, y), value, _ in f.minima:
            if abs(f.value(x, y, Float) - value) > 1e-15:
                sys.exit(f"{f.name}: E({x}, {y}) = {f.value(x, y, Float)}, not {value}")


def check_nesterov(function, case, points):
    """With a constant rate PyTorch's parameter is w + μΔ, Δ = w(t) - w(t-1)."""
    if (case["optimizer"], case.get("form")) != ("nesterov", "torch") or "schedule" in case:
        return 0.0
    plain = {k: v for k, v in case.items() if k != "form"}
    w, mu = run(function, plain, Float), case["hyper"]["momentum"]
    worst = 0.0
    for t in range(1, STEPS + 1):
        for phi, new, old in zip(points[t], w[t], w[t - 1]):
            worst = max(worst, abs(phi - (new + mu * (new - old))) / max(1, abs(phi)))
    if worst > MAX_DRIFT:
        sys.exit(f"{case}: the torch form is {worst} off w + μΔ")
    return worst


def functions_file():
    """Values and gradients: 50-digit arithmetic, rounded once to float64."""
    rows = []
    for f in FUNCTIONS:
        probes = []
        for x, y in f.starts + PROBES:
            p = decimal.Decimal(x), decimal.Decimal(y)
            probes.append(
                {
                    "point": [x, y],
                    "value": float(f.value(*p, Decimal)),
                    "gradient": [float(g) for g in f.gradient(*p, Decimal)],
                }
            )
        minima = [{"point": list(p), "value": v, "source": s} for p, v, s in f.minima]
        rows.append({"function": f.name, "formula": f.formula, "starts": f.starts, "minima": minima, "probes": probes})
    return rows


def schedules_file():
    return [
        {"schedule": name, "formula": s["formula"], "parameters": s["parameters"], "factors": factors(name)}
        for name, s in SCHEDULES.items()
    ]


def lines(rows):
    """A JSON list with one row a line, so that a diff shows which row moved."""
    return "[\n" + ",\n".join(json.dumps(r, separators=(",", ":"), allow_nan=False) for r in rows) + "\n]\n"


def difference(where, a, b):
    """The largest |a - b| / max(1, |b|) of two JSON values; any other difference stops.

    Not byte for byte: exp, sin, cos and ** are the C library's, and two libraries
    may differ in the last bit.
    """
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) / max(1, abs(b))
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return max((difference(f"{where}[{i}]", x, y) for i, (x, y) in enumerate(zip(a, b))), default=0.0)
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((difference(f"{where}.{k}", a[k], b[k]) for k in a), default=0.0)
    if a != b:
        sys.exit(f"{where}: {a!r}, not {b!r}")
    return 0.0


def settle(function, case):
    """Runs a case, halving its rate until float64 determines it."""
    for halvings in range(MAX_HALVINGS + 1):
        points = run(function, case, Float)
        if any(not abs(x) <= 1e3 for p in points for x in p):
            sys.exit(f"{case}: runs away: {points[-1]}")
        d = drift(points, run(function, case, Decimal))
        if d <= MAX_DRIFT:
            return points, d, halvings
        case["hyper"]["lr"] /= 2
    sys.exit(f"{case}: drifts by {d} even after {MAX_HALVINGS} halvings")


def trajectories():
    rows, drifts, identity, halved = {}, [], 0.0, 0
    for function, case in all_cases():
        points, d, n = settle(function, case)
        halved += n > 0
        drifts.append((d, case))
        identity = max(identity, check_nesterov(function, case, points))
        kept = points[:: case["every"]]
        losses = [function.value(p[0], p[1], Float) for p in kept]
        rows.setdefault(function.name, []).append({**case, "points": kept, "losses": losses})
    return rows, drifts, identity, halved


def main():
    check = "--check" in sys.argv[1:]
    check_gradients()
    rows, drifts, identity, halved = trajectories()
    drifts.sort(key=lambda d: -d[0])
    print(f"{len(drifts)} trajectories, {halved} with a halved rate; torch form against w + μΔ: {identity:.2g}")
    print("largest drift of float64 from 50-digit arithmetic:")
    for d, case in drifts[:5]:
        print(f"  {d:.2g}  {json.dumps(case)}")
    print(f"median drift {drifts[len(drifts) // 2][0]:.2g}")

    worst = 0.0
    files = {f"trajectories/{name}.json": lines(r) for name, r in rows.items()}
    files["schedules.json"] = lines(schedules_file())
    files["functions.json"] = lines(functions_file())
    for name, text in files.items():
        path = os.path.join(OUT, name)
        if check:
            with open(path) as f:
                worst = max(worst, difference(name, json.load(f), json.loads(text)))
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    size = sum(len(t) for t in files.values())
    print(f"{'compared' if check else 'wrote'} {len(files)} files, {size / 1e6:.2f} MB")
    if check:
        print(f"largest difference: {worst:.2g}")
        if worst > 10 * MAX_DRIFT:
            sys.exit("the files are not what this script computes")


if __name__ == "__main__":
    main()
