#!/usr/bin/env python3
"""Records rates.json: factors of η0 over τ = 0, 1, ... of schedules, in plain Python.

    python3 record.py           write rates.json
    python3 record.py torch     compare it with PyTorch's schedulers
    python3 record.py optax     compare it with Optax's schedules

Written from the definitions, apart from the Go. Differences found: at most
2.2e-16 with PyTorch 1.13.0 and 2.15.0 and 1.1e-16 with Optax 0.2.8, where they
have the schedule. inverse_sqrt and inverse_time are in neither.
"""

import json
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
N = 60


def restarts(period, growth, final):
    def rate(tau):
        length, start = period, 0
        while tau - start >= length:
            start, length = start + length, length * growth
        return final + (1 - final) * (1 + math.cos(math.pi * (tau - start) / length)) / 2

    return rate


def onecycle(total, rise, start_div, end_div):
    def between(a, b, x):
        return b + (a - b) / 2 * (1 + math.cos(math.pi * x))

    def rate(tau):
        top, end = rise * total - 1, total - 1
        if tau <= top:
            return between(1 / start_div, 1, tau / top)
        return between(1, 1 / start_div / end_div, min((tau - top) / (end - top), 1))

    return rate


def cyclic(half, low, shrink):
    def rate(tau):
        cycle, place = tau // (2 * half), tau % (2 * half)
        up = place / half if place < half else 2 - place / half
        return low + (1 - low) * up * shrink**cycle

    return rate


SCHEDULES = {
    "cosine_restarts:period=7,growth=2,final=0.1": restarts(7, 2, 0.1),
    "cosine_restarts:period=9,growth=1,final=0": restarts(9, 1, 0),
    "cosine_restarts:period=5,growth=3,final=0.2": restarts(5, 3, 0.2),
    "multistep:first=17,second=40,factor=0.3": lambda t: 1 if t < 17 else 0.3 if t < 40 else 0.3 * 0.3,
    "polynomial:steps=50,power=1.7,final=0": lambda t: (1 - min(t, 50) / 50) ** 1.7,
    "polynomial:steps=40,power=3,final=0.2": lambda t: 0.2 + 0.8 * (1 - min(t, 40) / 40) ** 3,
    "trapezoid:steps=50,decay=0.3,final=0.1": lambda t: 1 if t < 35 else max(0.1, 1 - 0.9 * (t - 35) / 15),
    "inverse_sqrt:scale=12": lambda t: 1 if t < 12 else math.sqrt(12 / t),
    "inverse_time:scale=20,decay=1.5": lambda t: 1 / (1 + 1.5 * t / 20),
    "onecycle:steps=50,rise=0.4,start_div=10,end_div=100": onecycle(50, 0.4, 10, 100),
    "onecycle:steps=60,rise=0.25,start_div=25,end_div=1000": onecycle(60, 0.25, 25, 1000),
    "cyclic:half=8,low=0.2,shrink=1": cyclic(8, 0.2, 1),
    "cyclic:half=5,low=0.1,shrink=0.5": cyclic(5, 0.1, 0.5),
}


def torch_checks():
    import torch
    from torch.optim import lr_scheduler as l

    torch.set_default_dtype(torch.float64)

    def made(make, lr=1.0):
        o = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.5)
        s, out = make(o), []
        for _ in range(getattr(s, "total_steps", N)):  # OneCycleLR says how long it is
            out.append(float(o.param_groups[0]["lr"]))
            o.step()
            s.step()
        return out

    yield "cosine_restarts:period=7,growth=2,final=0.1", made(lambda o: l.CosineAnnealingWarmRestarts(o, 7, 2, 0.1))
    yield "cosine_restarts:period=9,growth=1,final=0", made(lambda o: l.CosineAnnealingWarmRestarts(o, 9, 1, 0))
    yield "cosine_restarts:period=5,growth=3,final=0.2", made(lambda o: l.CosineAnnealingWarmRestarts(o, 5, 3, 0.2))
    yield "multistep:first=17,second=40,factor=0.3", made(lambda o: l.MultiStepLR(o, [17, 40], 0.3))
    if hasattr(l, "PolynomialLR"):
        yield "polynomial:steps=50,power=1.7,final=0", made(lambda o: l.PolynomialLR(o, 50, 1.7))
    yield "onecycle:steps=50,rise=0.4,start_div=10,end_div=100", made(
        lambda o: l.OneCycleLR(o, 1.0, total_steps=50, pct_start=0.4, div_factor=10, final_div_factor=100))
    yield "onecycle:steps=60,rise=0.25,start_div=25,end_div=1000", made(
        lambda o: l.OneCycleLR(o, 1.0, total_steps=60, pct_start=0.25, div_factor=25, final_div_factor=1000))
    yield "cyclic:half=8,low=0.2,shrink=1", made(lambda o: l.CyclicLR(o, 0.2, 1.0, step_size_up=8))
    yield "cyclic:half=5,low=0.1,shrink=0.5", made(lambda o: l.CyclicLR(o, 0.1, 1.0, step_size_up=5, mode="triangular2"))


def optax_checks():
    import jax

    jax.config.update("jax_enable_x64", True)
    import optax

    def made(s):
        return [float(s(t)) for t in range(N)]

    o = optax
    yield "multistep:first=17,second=40,factor=0.3", made(o.piecewise_constant_schedule(1.0, {17: 0.3, 40: 0.3}))
    yield "polynomial:steps=50,power=1.7,final=0", made(o.polynomial_schedule(1.0, 0.0, 1.7, 50))
    yield "polynomial:steps=40,power=3,final=0.2", made(o.polynomial_schedule(1.0, 0.2, 3, 40))
    yield "trapezoid:steps=50,decay=0.3,final=0.1", made(
        o.join_schedules([o.constant_schedule(1.0), o.linear_schedule(1.0, 0.1, 15)], [35]))


def main():
    path = os.path.join(HERE, "rates.json")
    if len(sys.argv) == 1:
        rows = [{"schedule": k, "factors": [float(f(t)) for t in range(N)]} for k, f in SCHEDULES.items()]
        with open(path, "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "\n]\n")
        return
    with open(path) as f:
        recorded = {r["schedule"]: r["factors"] for r in json.load(f)}
    for name, got in {"torch": torch_checks, "optax": optax_checks}[sys.argv[1]]():
        print(f"{max(abs(a - b) for a, b in zip(got, recorded[name])):.1e}  {name} ({len(got)} rates)")


if __name__ == "__main__":
    main()
