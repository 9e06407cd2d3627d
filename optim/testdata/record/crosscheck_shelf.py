#!/usr/bin/env python3
"""Reruns ../shelf in other people's optimizers, float64, and reports the differences.

    python3 crosscheck_shelf.py torch     needs torch (2, or 1.13 for what it has)
    python3 crosscheck_shelf.py optax     needs jax and optax
    python3 crosscheck_shelf.py library   needs torch, pytorch_optimizer and torch_optimizer

A framework's hyper-parameter that enters its equation elsewhere is given the
value that makes the equations equal in every update; each such place says so.
A case whose form a framework does not have is counted as skipped.
"""

import json
import math
import os
import sys

from crosscheck import DATA, LIMIT, objectives


def load():
    with open(os.path.join(DATA, "schedules.json")) as f:
        factors = {s["schedule"]: s["factors"] for s in json.load(f)}
    for name in sorted(os.listdir(os.path.join(DATA, "shelf"))):
        with open(os.path.join(DATA, "shelf", name)) as f:
            for case in json.load(f):
                f = factors[case["schedule"]] if "schedule" in case else [1.0] * case["steps"]
                case["name"] = name.removesuffix(".json")
                yield case, [case["hyper"]["lr"] * x for x in f[: case["steps"]]]


def torch_run(make, case, rates):
    """make(w, case, rate) gives an optimizer and what to set before update t, or None."""
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # scalars of the state take it
    e = objectives(torch)[case["function"]]
    w = torch.tensor(case["start"], dtype=torch.float64, requires_grad=True)
    made = make(w, case, rates[0])
    if made is None:
        return None
    optimizer, before = made if isinstance(made, tuple) else (made, None)
    points = [w.detach().tolist()]
    for t, rate in enumerate(rates, 1):
        group = optimizer.param_groups[0]
        group["lr"] = rate
        if before:
            before(group, t, rate)
        optimizer.zero_grad()
        e(w[0], w[1]).backward()
        if hasattr(optimizer, "first_step"):  # SAM: the gradient a second time
            optimizer.first_step(zero_grad=True)
            e(w[0], w[1]).backward()
            optimizer.second_step()
        else:
            optimizer.step()
        points.append(w.detach().tolist())
    return points


def torch_runner():
    import inspect

    import torch

    def make(w, case, rate):
        h, name, form, o = case["hyper"], case["optimizer"], case.get("form", ""), torch.optim
        adam = {"betas": (h.get("beta1"), h.get("beta2")), "eps": h.get("eps")}
        if name == "adadelta":
            return o.Adadelta([w], lr=rate, rho=h["rho"], eps=h["eps"])
        if name == "rmsprop_momentum" and (form == "torch" or form == "" and "schedule" not in case):
            return o.RMSprop([w], lr=rate, alpha=h["beta"], eps=h["eps"], momentum=h["momentum"], centered=h.get("centered", False))
        if name == "rprop":
            return o.Rprop([w], lr=rate, etas=(h["eta_minus"], h["eta_plus"]), step_sizes=(h["step_min"], h["step_max"]))
        if name == "amsgrad" and not form:
            return o.Adam([w], lr=rate, amsgrad=True, **adam)
        if name == "adamax":
            return o.Adamax([w], lr=rate, **adam)
        if name == "nadam" and not form:
            # PyTorch 1.13's single-tensor loop multiplies by mu twice.
            return o.NAdam([w], lr=rate, momentum_decay=h["momentum_decay"], foreach=True, **adam)
        if name == "nadamw" and not form and "decoupled_weight_decay" in inspect.signature(o.NAdam).parameters:
            return o.NAdam([w], lr=rate, momentum_decay=h["momentum_decay"], weight_decay=h["weight_decay"],
                           decoupled_weight_decay=True, **adam)
        if name == "radam" and form == "torch":
            return o.RAdam([w], lr=rate, **adam)
        return None

    return lambda case, rates: torch_run(make, case, rates), f"PyTorch {torch.__version__}"


def library_runner():
    import pytorch_optimizer as p
    import torch
    import torch_optimizer as q
    from importlib.metadata import version

    def make(w, case, rate):
        rate = rate or 1.0  # some refuse a rate of 0; the update's own replaces it
        h, name, constant = case["hyper"], case["optimizer"], "schedule" not in case
        betas = (h.get("beta1"), h.get("beta2"))
        corrected = lambda t: math.sqrt(1 - h["beta2"] ** t)
        if case["name"] == "sam" and constant:  # its momentum is PyTorch's
            return p.SAM([w], base_optimizer=torch.optim.SGD, rho=h["sam"], lr=rate, momentum=h["momentum"])
        if case["name"] == "lookahead" and constant:
            return p.Lookahead(torch.optim.SGD([w], lr=rate, momentum=h["momentum"]), k=h["lookahead"],
                               alpha=h["lookahead_share"], pullback_momentum="none")
        if name == "aggmo":
            return p.AggMo([w], lr=rate, betas=tuple(1 - h["base"] ** i for i in range(h["count"])))
        if name == "qhm":
            return p.QHM([w], lr=rate, momentum=h["beta"], nu=h["nu"])
        if name == "qhadam":
            # pytorch_optimizer's has 1 - β2·g² for (1 - β2)g². ν2's share: its eps is this one's.
            return q.QHAdam([w], lr=rate, betas=betas, nus=(h["nu1"], h["nu2"]), eps=h["eps"])
        if name == "madgrad":
            # It adds eps to the rate.
            return (p.MADGRAD([w], lr=1.0, momentum=h["momentum"], eps=h["eps"]),
                    lambda g, t, rate: g.update(lr=rate - h["eps"]))
        if name == "laprop":
            # η is inside its average, and eps beside the uncorrected root.
            return constant and (p.LaProp([w], lr=rate, betas=betas, eps=h["eps"]),
                                 lambda g, t, rate: g.update(eps=h["eps"] * corrected(t))) or None
        if name == "adan":
            return p.Adan([w], lr=rate, betas=(h["beta1"], h["beta2"], h["beta3"]), eps=h["eps"], max_grad_norm=0.0)
        if name in ("signum", "signsgd"):
            return p.SignSGD([w], lr=rate, momentum=h.get("beta", 0.0))
        if name == "lion":
            return p.Lion([w], lr=rate, betas=betas, weight_decay=0.0)
        if name == "adopt":
            return p.ADOPT([w], lr=rate, betas=betas, eps=h["eps"], clip_lambda=lambda step: (step - 1) ** 0.25)
        return None

    return lambda case, rates: torch_run(make, case, rates), (
        f"pytorch_optimizer {version('pytorch_optimizer')}, torch_optimizer {version('torch_optimizer')}")


def optax_runner():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    import optax
    from optax import contrib

    def adam(h):
        return h["beta1"], h["beta2"], h["eps"]

    def decay(h, eta):
        return optax.add_decayed_weights(h["weight_decay"]), optax.scale(-eta)

    def rms(inside):
        def build(h, eta):
            scaler = optax.scale_by_stddev if h.get("centered") else optax.scale_by_rms
            return optax.chain(scaler(h["beta"], h["eps"], eps_in_sqrt=inside), optax.scale(-eta), optax.trace(h["momentum"]))

        return build

    def yogi(h, eta):
        rule = optax.scale_by_yogi(*adam(h), initial_accumulator_value=h["initial"])

        def init(params):
            state = rule.init(params)  # whose mean starts at v0 too
            return state._replace(mu=jax.tree.map(jnp.zeros_like, state.mu))

        return optax.chain(optax.GradientTransformation(init, rule.update), optax.scale(-eta))

    def mix(h, eta):
        if h["mix_steps"]:
            log = jnp.log

            def share(count):  # of a count in float64: JAX divides its whole numbers in float32
                return jnp.minimum(jnp.float64(count) / h["mix_steps"], 1.0)

            def b3(count):
                x = share(count)
                b = jnp.exp(log(h["beta1"]) * log(h["beta3"]) / ((1 - x) * log(h["beta3"]) + x * log(h["beta1"])))
                return jnp.where(x < 1, b, h["beta3"])

            alpha = lambda count: h["alpha"] * share(count)
        else:
            b3, alpha = h["beta3"], h["alpha"]
        return optax.chain(contrib._ademamix.scale_by_ademamix(h["beta1"], h["beta2"], b3, alpha, h["eps"]), optax.scale(-eta))

    builders = {
        "adadelta": lambda h, eta: optax.chain(optax.scale_by_adadelta(h["rho"], h["eps"]), optax.scale(-eta)),
        "rmsprop_momentum": rms(False),
        "rmsprop_momentum/optax": rms(True),
        "amsgrad/optax": lambda h, eta: optax.chain(optax.scale_by_amsgrad(*adam(h)), optax.scale(-eta)),
        "adamax": lambda h, eta: optax.chain(optax.scale_by_adamax(*adam(h)), optax.scale(-eta)),
        "adamaxw": lambda h, eta: optax.chain(optax.scale_by_adamax(*adam(h)), *decay(h, eta)),
        "nadam/optax": lambda h, eta: optax.chain(optax.scale_by_adam(*adam(h), nesterov=True), optax.scale(-eta)),
        "nadamw/optax": lambda h, eta: optax.chain(optax.scale_by_adam(*adam(h), nesterov=True), *decay(h, eta)),
        "radam": lambda h, eta: optax.chain(optax.scale_by_radam(*adam(h), threshold=h["threshold"]), optax.scale(-eta)),
        "adabelief": lambda h, eta: optax.chain(optax.scale_by_belief(*adam(h), eps_root=h["eps_root"]), optax.scale(-eta)),
        "yogi": yogi,
        "lion": lambda h, eta: optax.chain(optax.scale_by_lion(h["beta1"], h["beta2"]), optax.scale(-eta)),
        "ademamix": mix,
        "adopt": lambda h, eta: optax.chain(contrib._adopt.scale_by_adopt(*adam(h)), optax.scale(-eta)),
        "signsgd": lambda h, eta: optax.chain(optax.scale_by_sign(), optax.scale(-eta)),
        "signum": lambda h, eta: optax.chain(optax.ema(h["beta"], debias=False), optax.scale_by_sign(), optax.scale(-eta)),
        "lamb": lambda h, eta: optax.chain(
            optax.scale_by_adam(*adam(h)), optax.add_decayed_weights(h["weight_decay"]), optax.scale_by_trust_ratio(),
            optax.scale(-eta)),
        "lars": lambda h, eta: optax.chain(
            optax.add_decayed_weights(h["weight_decay"]), optax.scale_by_trust_ratio(trust_coefficient=h["trust"]),
            optax.scale(-eta), optax.trace(h["momentum"])),
        "novograd": lambda h, eta: optax.chain(
            optax.scale_by_novograd(*adam(h), weight_decay=h["weight_decay"]), optax.scale(-eta)),
        "optimistic": lambda h, eta: optax.chain(optax.scale_by_optimistic_gradient(h["alpha"], h["beta"]), optax.scale(-eta)),
    }

    functions = objectives(jnp)

    def run(case, rates):
        key = case["name"] + ("/" + case["form"] if "form" in case else "")
        if key not in builders:
            return None
        f = lambda w: functions[case["function"]](w[0], w[1])
        start, h = jnp.array(case["start"]), case["hyper"]

        def step(carry, eta):
            w, state = carry
            updates, state = builders[key](h, eta).update(jax.grad(f)(w), state, w)
            w = optax.apply_updates(w, updates)
            return (w, state), w

        _, points = jax.lax.scan(step, (start, builders[key](h, rates[0]).init(start)), jnp.array(rates))
        return [case["start"]] + points.tolist()

    return run, f"Optax {optax.__version__}, JAX {jax.__version__}"


def main():
    runners = {"torch": torch_runner, "optax": optax_runner, "library": library_runner}
    if len(sys.argv) != 2 or sys.argv[1] not in runners:
        sys.exit(__doc__)
    run, version = runners[sys.argv[1]]()
    table = {}
    for case, rates in load():
        key = case["name"] + ("/" + case["form"] if "form" in case else "")
        row = table.setdefault(key, [0, 0, 0.0])
        got = run(case, rates)
        if got is None:
            row[1] += 1
            continue
        pairs = zip(got[:: case["every"]], case["points"], strict=True)
        d = max(abs(a - b) / max(1, abs(b)) if a == a else math.inf for p, q in pairs for a, b in zip(p, q))
        row[0], row[2] = row[0] + 1, max(row[2], d)
    print(f"{version}\n{'optimizer':<24}{'compared':>9}{'skipped':>9}{'points':>10}")
    for key, (n, skipped, d) in table.items():
        if n:
            print(f"{key:<24}{n:>9}{skipped:>9}{d:>10.1e}")
    bad = [k for k, row in table.items() if not row[2] <= LIMIT]
    if bad:
        sys.exit(f"above {LIMIT}: {', '.join(bad)}")


if __name__ == "__main__":
    main()
