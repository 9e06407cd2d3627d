#!/usr/bin/env python3
"""Records ../shelf/*.json and ../network/*.json: 100 updates of every rule, as record.py does.

The shelf's are those of shelf.py and freerules.py on three functions of two variables, the
network's those and the seven of rules.py, on the small network of network.py.

    python3 record_shelf.py            write the files
    python3 record_shelf.py --check    recompute and compare with the files
    python3 record_shelf.py NAME...    of these rules alone

A case's rate moves by a schedule of ../schedules.json, since a constant one
cannot tell two forms of a rule apart, except for one case a rule, which the
cross-checks need where a framework has η elsewhere. As in record.py a case whose
trajectory float64 does not determine has its rate halved until it does.
"""

import json
import os
import sys

from cases import HYPERS, factors
from functions import FUNCTIONS
from network import Error, Network, Plane, draw
from reals import Decimal, Float
from record import MAX_DRIFT, MAX_HALVINGS, OUT, difference, drift, lines
from rules import RULES
from shelf import SHELF, VECTOR, Rule, Vector

STEPS, EVERY = 100, 5
NAMES = ("rosenbrock", "beale", "ravine")
SCHEDULES = ("step", "warmup-cosine", "linear")
NETWORK_EVERY = 20
# Mechanic bets: whether a bet is won, and clipped, turns on a sign. Where float64 does not determine 100 updates of a case
# at any rate, it has as many as here.
SHORT = {"mechanic": 20}
LECTURE_RATES = {"sgd": 0.2, "momentum": 0.05, "nesterov": 0.05, "adagrad": 0.2, "rmsprop": 0.02, "adam": 0.05, "adamw": 0.05}


def run(make, kind, case, R):
    """The points of a case: make(R) is its problem, kind its rule's class."""
    problem = make(R)
    stepper = kind(len(case["start"]), {k: v for k, v in case["hyper"].items() if k != "lr"}, R)
    w = [R.num(x) for x in case["start"]]
    points = [w]
    for t, factor in enumerate(factors(case.get("schedule"))[: case["steps"]], 1):
        rate = R.num(case["hyper"]["lr"] * factor)
        w = stepper.step(w, Error(problem, t), rate, t)
        points.append(w)
    return points


def all_rules():
    """(file, optimizer, form, class, rates, hyper-parameters)"""
    for (optimizer, form), (rule, rates, hypers) in SHELF.items():
        yield optimizer, optimizer, form, lambda *a, rule=rule: Rule(rule, *a), rates, hypers
    for (name, form), (optimizer, rule, rates, hypers) in VECTOR.items():
        yield name, optimizer, form, lambda *a, rule=rule: Vector(rule, *a), rates, hypers


def head(function, optimizer, form, lr, hyper, schedule):
    if (optimizer, form, schedule) == ("ftrl", "keras", "warmup-cosine"):
        schedule = "power"  # it divides by the rate, which begins at 0 there
    c = {"function": function, "group": "schedule" if schedule else "constant", "optimizer": optimizer}
    if form:
        c["form"] = form
    c["hyper"] = {"lr": lr, **hyper}
    if schedule:
        c["schedule"] = schedule
    return c


def plane_cases(names):
    for name, optimizer, form, kind, rates, hypers in all_rules():
        if names and name not in names:
            continue
        for f, function in enumerate(x for n in NAMES for x in FUNCTIONS if x.name == n):
            for i, hyper in enumerate(hypers):
                for schedule in (SCHEDULES[(f + i) % 3],) + ((None,) if (f + i) % 3 == 0 else ()):
                    c = head(function.name, optimizer, form, rates[f], hyper, schedule)
                    c.update(start=list(function.starts[i]), steps=STEPS, every=EVERY)
                    yield f"shelf/{name}.json", lambda R, f=function: Plane(f, R), kind, c


def network_cases(names, data):
    lecture = [(o, o, f, k, (LECTURE_RATES[o],), [HYPERS[o][-1]]) for (o, f), k in RULES.items()]
    for i, (name, optimizer, form, kind, rates, hypers) in enumerate(lecture + list(all_rules())):
        if names and name not in names:
            continue
        for schedule in (SCHEDULES[i % 3],) + ((None,) if form == "" else ()):
            c = head("network", optimizer, form, rates[-1], hypers[0], schedule)
            c.update(start=data["start"], steps=STEPS, every=NETWORK_EVERY)
            yield f"network/{name}.json", lambda R: Network(data, R), kind, c


def settle(make, kind, case):
    """Runs a case, halving its rate until float64 determines it."""
    for halvings in range(MAX_HALVINGS + 1):
        points = run(make, kind, case, Float)
        if any(not abs(x) <= 1e3 for p in points for x in p):
            d = float("inf")
        else:
            d = drift(points, run(make, kind, case, Decimal))
        if d <= MAX_DRIFT:
            return points, d, halvings
        case["hyper"]["lr"] /= 2
    raise ValueError(f"{case}: drifts by {d} even after {MAX_HALVINGS} halvings")


def record(job):
    path, make, kind, case = job
    name, lr = os.path.basename(path).removesuffix(".json"), case["hyper"]["lr"]
    try:
        points, d, n = settle(make, kind, case)
    except ValueError:
        if name not in SHORT:
            raise
        case["hyper"]["lr"], case["steps"] = lr, SHORT[name]
        points, d, n = settle(make, kind, case)
    kept = points[::EVERY if path.startswith("shelf") else NETWORK_EVERY]
    if not any(kept[0] != p for p in kept):
        raise ValueError(f"{case}: never moves")
    problem = make(Float)
    row = {**case, "points": kept}
    if path.startswith("shelf"):
        row["losses"] = [problem.value(p, 1) for p in kept]
    else:
        del row["start"]
    return path, row, d, n > 0


def main():
    check, names = "--check" in sys.argv[1:], {a for a in sys.argv[1:] if not a.startswith("--")}
    data = draw()
    files, drifts, halved = {}, [], 0
    bad = []
    for job in [*plane_cases(names), *network_cases(names, data)]:
        try:
            path, row, d, half = record(job)
        except (ValueError, ArithmeticError, OverflowError) as e:
            bad.append(f"{job[0]}: {e}")
            continue
        drifts.append(d)
        halved += half
        files.setdefault(path, []).append(row)
    if bad:
        sys.exit("\n".join(bad))
    print(f"{len(drifts)} trajectories, {halved} with a halved rate; largest drift {max(drifts):.2g}")
    texts = {name: lines(rows) for name, rows in files.items()}
    texts["network.json"] = json.dumps(data, separators=(",", ":")) + "\n"
    worst = 0.0
    for name, text in texts.items():
        path = os.path.join(OUT, name)
        if check:
            with open(path) as f:
                worst = max(worst, difference(name, json.load(f), json.loads(text)))
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    print(f"{'compared' if check else 'wrote'} {len(files)} files" + (f", largest difference {worst:.2g}" if check else ""))
    if worst > 10 * MAX_DRIFT:
        sys.exit("the files are not what this script computes")


if __name__ == "__main__":
    main()
