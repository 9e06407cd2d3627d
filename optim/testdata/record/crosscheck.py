#!/usr/bin/env python3
"""Reruns the recorded cases in PyTorch or Optax, float64, and reports the differences.

    python3 crosscheck.py torch      needs torch
    python3 crosscheck.py optax      needs jax and optax

The gradients are the framework's own (autograd, jax.grad), so this checks the
hand-made gradients as well as the rules. A case whose form a framework does not
have is counted as skipped; which ones, and why, stands at each rule below.
Differences are relative to max(1, |x|), over all recorded points of a case.
"""

import json
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.dirname(HERE)
LIMIT = 1e-10


def load():
    with open(os.path.join(DATA, "schedules.json")) as f:
        factors = {s["schedule"]: s["factors"] for s in json.load(f)}
    for name in sorted(os.listdir(os.path.join(DATA, "trajectories"))):
        with open(os.path.join(DATA, "trajectories", name)) as f:
            for case in json.load(f):
                f = factors[case["schedule"]] if "schedule" in case else [1.0] * case["steps"]
                yield case, [case["hyper"]["lr"] * x for x in f]


def objectives(lib):
    """The functions again, written over a framework's sqrt, exp and cos."""
    e, pi2 = math.e, 2 * math.pi
    return {
        "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        "beale": lambda x, y: sum((c - x * (1 - y**i)) ** 2 for i, c in ((1, 1.5), (2, 2.25), (3, 2.625))),
        "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        "booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        "ravine": lambda x, y: 0.5 * (x**2 + 25 * y**2),
        "saddle": lambda x, y: x**2 - y**2,
        "monkey": lambda x, y: x**3 - 3 * x * y**2,
        "rastrigin": lambda x, y: 20 + x**2 + y**2 - 10 * (lib.cos(pi2 * x) + lib.cos(pi2 * y)),
        "ackley": lambda x, y: -20 * lib.exp(-0.2 * lib.sqrt(0.5 * (x**2 + y**2)))
        - lib.exp(0.5 * (lib.cos(pi2 * x) + lib.cos(pi2 * y))) + 20 + e,
    }


def torch_runner():
    import torch

    torch.set_num_threads(1)
    functions = objectives(torch)

    def optimizer(case, w):
        h, name, form = case["hyper"], case["optimizer"], case.get("form")
        if name == "sgd":
            return torch.optim.SGD([w], lr=h["lr"])
        if name == "momentum":
            # b = μb + g; w -= ηb: the lecture's form only while η stands still.
            return None if "schedule" in case else torch.optim.SGD([w], lr=h["lr"], momentum=h["momentum"])
        if name == "nesterov":
            # PyTorch's own form always; the lecture's only while η stands still,
            # and then w = φ + μηb, φ being PyTorch's parameter.
            if form != "torch" and "schedule" in case:
                return None
            return torch.optim.SGD([w], lr=h["lr"], momentum=h["momentum"], nesterov=True)
        if name == "adagrad":
            return torch.optim.Adagrad([w], lr=h["lr"], eps=h["eps"])
        if name == "rmsprop":
            return torch.optim.RMSprop([w], lr=h["lr"], alpha=h["beta"], eps=h["eps"])
        betas = {"betas": (h["beta1"], h["beta2"]), "eps": h["eps"]}
        if name == "adam":
            return torch.optim.Adam([w], lr=h["lr"], **betas)
        return torch.optim.AdamW([w], lr=h["lr"], weight_decay=h["weight_decay"], **betas)

    def run(case, rates):
        w = torch.tensor(case["start"], dtype=torch.float64, requires_grad=True)
        o = optimizer(case, w)
        if o is None:
            return None
        unshift = case["optimizer"] == "nesterov" and case.get("form") != "torch"
        points, losses = [], []
        for t in range(case["steps"] + 1):
            p = w.detach()
            if unshift and t > 0:
                p = p + case["hyper"]["momentum"] * rates[t - 1] * o.state[w]["momentum_buffer"]
            points.append(p.tolist())
            losses.append(float(functions[case["function"]](p[0], p[1])))
            if t == case["steps"]:
                break
            o.param_groups[0]["lr"] = rates[t]
            o.zero_grad()
            functions[case["function"]](w[0], w[1]).backward()
            o.step()
        return points, losses

    return run, f"PyTorch {torch.__version__}"


def optax_runner():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    import optax

    functions = {k: (lambda f: lambda w: f(w[0], w[1]))(f) for k, f in objectives(jnp).items()}

    # Each builder gives the direction of a rule; the rate enters where the
    # lecture has it: before the velocity (optax.sgd has it after).
    def scale(eta):
        return optax.scale(-eta)

    builders = {
        "sgd": lambda h, eta: scale(eta),
        "momentum": lambda h, eta: optax.chain(scale(eta), optax.trace(h["momentum"])),
        # trace(nesterov=True) after the rate: φ ← φ + (μΔ - ηg), the shifted form
        # of the lecture's rule for any schedule; w = φ - μΔ.
        "nesterov": lambda h, eta: optax.chain(scale(eta), optax.trace(h["momentum"], nesterov=True)),
        # The rate after it: PyTorch's form.
        "nesterov/torch": lambda h, eta: optax.chain(optax.trace(h["momentum"], nesterov=True), scale(eta)),
        # adagrad: Optax has ε inside the root, another rule.
        "rmsprop": lambda h, eta: optax.chain(
            optax.scale_by_rms(h["beta"], h["eps"], eps_in_sqrt=False), scale(eta)),
        "adam": lambda h, eta: optax.chain(optax.scale_by_adam(h["beta1"], h["beta2"], h["eps"]), scale(eta)),
        "adamw": lambda h, eta: optax.chain(
            optax.scale_by_adam(h["beta1"], h["beta2"], h["eps"]),
            optax.add_decayed_weights(h["weight_decay"]), scale(eta)),
    }
    compiled = {}

    def make(function, key):
        f = functions[function]

        def trajectory(start, rates, hyper):
            state = builders[key](hyper, rates[0]).init(start)

            def step(carry, eta):
                w, state = carry
                updates, state = builders[key](hyper, eta).update(jax.grad(f)(w), state, w)
                w = optax.apply_updates(w, updates)
                shown = w
                if key == "nesterov":
                    trace = [s.trace for s in state if isinstance(s, optax.TraceState)]
                    shown = w - hyper["momentum"] * trace[0]
                return (w, state), (shown, f(shown))

            _, (points, losses) = jax.lax.scan(step, (start, state), rates)
            return points, losses, f(start)

        return jax.jit(trajectory)

    def run(case, rates):
        key = case["optimizer"] + ("/torch" if case.get("form") == "torch" else "")
        if key not in builders:
            return None
        at = case["function"], key
        if at not in compiled:
            compiled[at] = make(*at)
        hyper = {k: jnp.float64(v) for k, v in case["hyper"].items()}
        points, losses, first = compiled[at](jnp.array(case["start"]), jnp.array(rates), hyper)
        return [case["start"]] + points.tolist(), [float(first)] + losses.tolist()

    return run, f"Optax {optax.__version__}, JAX {jax.__version__}"


def main():
    runners = {"torch": torch_runner, "optax": optax_runner}
    if len(sys.argv) != 2 or sys.argv[1] not in runners:
        sys.exit(__doc__)
    run, version = runners[sys.argv[1]]()
    table, worst = {}, (0.0, None)
    for case, rates in load():
        key = case["optimizer"] + ("/torch" if case.get("form") == "torch" else "")
        row = table.setdefault(key, [0, 0, 0.0, 0.0])
        got = run(case, rates)
        if got is None:
            row[1] += 1
            continue
        points, losses = (x[:: case["every"]] for x in got)
        if len(points) != len(case["points"]):
            sys.exit(f"{case}: {len(points)} points, {len(case['points'])} are recorded")
        d = max(abs(a - b) / max(1, abs(b)) for p, q in zip(points, case["points"]) for a, b in zip(p, q))
        e = max(abs(a - b) / max(1, abs(b)) for a, b in zip(losses, case["losses"]))
        row[0] += 1
        # max() would drop a NaN on either side.
        row[2], row[3] = (new if not new <= old else old for new, old in ((d, row[2]), (e, row[3])))
        if not d <= worst[0]:
            worst = d, {k: v for k, v in case.items() if k not in ("points", "losses")}
    print(f"{version}\n{'optimizer':<16}{'compared':>9}{'skipped':>9}{'points':>10}{'losses':>10}")
    for key, (n, skipped, d, e) in table.items():
        print(f"{key:<16}{n:>9}{skipped:>9}{d:>10.1e}{e:>10.1e}")
    print(f"largest difference of a point: {worst[0]:.2g} at {json.dumps(worst[1])}")
    if not worst[0] <= LIMIT:
        sys.exit(f"above {LIMIT}")


if __name__ == "__main__":
    main()
