#!/usr/bin/env python3
"""Records ../shelf/*.json: 100 updates of every rule of shelf.py, as record.py does.

    python3 record_shelf.py            write the files
    python3 record_shelf.py --check    recompute and compare with the files

A case's rate moves by a schedule of ../schedules.json, since a constant one
cannot tell two forms of a rule apart, except for one case a rule, which the
cross-checks need where a framework has η elsewhere. As in record.py a case whose
trajectory float64 does not determine has its rate halved until it does.
"""

import json
import os
import sys

from cases import factors
from functions import FUNCTIONS
from reals import Decimal, Float
from record import MAX_DRIFT, MAX_HALVINGS, OUT, difference, drift, lines
from shelf import SHELF, VECTOR, Rule, Vector

STEPS, EVERY = 100, 5
NAMES = ("rosenbrock", "beale", "ravine")
SCHEDULES = ("step", "warmup-cosine", "linear")


def run(function, rule, case, R):
    kind = Vector if any(rule is v[1] for v in VECTOR.values()) else Rule
    stepper = kind(rule, 2, {k: v for k, v in case["hyper"].items() if k != "lr"}, R)
    w = [R.num(x) for x in case["start"]]
    points = [w]
    for t, factor in enumerate(factors(case.get("schedule"))[:STEPS], 1):
        rate = R.num(case["hyper"]["lr"] * factor)
        w = stepper.step(w, lambda p: function.gradient(p[0], p[1], R), rate, t)
        points.append(w)
    return points


def cases(optimizer, form, rates, hypers):
    for f, function in enumerate(x for name in NAMES for x in FUNCTIONS if x.name == name):
        for i, hyper in enumerate(hypers):
            for schedule in (SCHEDULES[(f + i) % 3],) + ((None,) if (f + i) % 3 == 0 else ()):
                c = {"function": function.name, "group": "schedule" if schedule else "constant", "optimizer": optimizer}
                if form:
                    c["form"] = form
                c["hyper"] = {"lr": rates[f], **hyper}
                if schedule:
                    c["schedule"] = schedule
                c.update(start=list(function.starts[i]), steps=STEPS, every=EVERY)
                yield function, c


def settle(function, rule, case):
    for halvings in range(MAX_HALVINGS + 1):
        points = run(function, rule, case, Float)
        if any(not abs(x) <= 1e3 for p in points for x in p):
            sys.exit(f"{case}: runs away: {points[-1]}")
        d = drift(points, run(function, rule, case, Decimal))
        if d <= MAX_DRIFT:
            return points, d, halvings
        case["hyper"]["lr"] /= 2
    sys.exit(f"{case}: drifts by {d} even after {MAX_HALVINGS} halvings")


def main():
    check, files, drifts, halved = "--check" in sys.argv[1:], {}, [], 0
    all_rules = [(optimizer, optimizer, form, *rest) for (optimizer, form), rest in SHELF.items()]
    all_rules += [(name, optimizer, "", *rest) for name, (optimizer, *rest) in VECTOR.items()]
    for name, optimizer, form, rule, rates, hypers in all_rules:
        for function, case in cases(optimizer, form, rates, hypers):
            points, d, n = settle(function, rule, case)
            drifts.append(d)
            halved += n > 0
            kept = points[::EVERY]
            if not any(kept[0] != p for p in kept):
                sys.exit(f"{case}: never moves")
            losses = [function.value(p[0], p[1], Float) for p in kept]
            files.setdefault(f"shelf/{name}.json", []).append({**case, "points": kept, "losses": losses})
    print(f"{len(drifts)} trajectories, {halved} with a halved rate; largest drift {max(drifts):.2g}")
    worst = 0.0
    os.makedirs(os.path.join(OUT, "shelf"), exist_ok=True)
    for name, rows in files.items():
        path = os.path.join(OUT, name)
        if check:
            with open(path) as f:
                worst = max(worst, difference(name, json.load(f), json.loads(lines(rows))))
            continue
        with open(path, "w") as f:
            f.write(lines(rows))
    print(f"{'compared' if check else 'wrote'} {len(files)} files" + (f", largest difference {worst:.2g}" if check else ""))
    if worst > 10 * MAX_DRIFT:
        sys.exit("the files are not what this script computes")


if __name__ == "__main__":
    main()
