#!/usr/bin/env python3
"""Reruns ../shelf and ../network in other people's optimizers, float64, and reports the differences.

    python3 crosscheck_shelf.py torch     needs torch (2, or 1.13 for what it has)
    python3 crosscheck_shelf.py optax     needs jax and optax
    python3 crosscheck_shelf.py library   needs torch, pytorch_optimizer and torch_optimizer, and adam-mini and noisyopt
    python3 crosscheck_shelf.py keras     needs jax and keras
    python3 crosscheck_shelf.py keras adam lion     these alone

A framework's hyper-parameter that enters its equation elsewhere is given the
value that makes the equations equal in every update; each such place says so.
A case whose form a framework does not have is counted as skipped.
"""

import json
import math
import os
import sys

import philox
from crosscheck import DATA, LIMIT, objectives


def load():
    with open(os.path.join(DATA, "schedules.json")) as f:
        factors = {s["schedule"]: s["factors"] for s in json.load(f)}
    for folder in ("shelf", "network"):
        for name in sorted(os.listdir(os.path.join(DATA, folder))):
            with open(os.path.join(DATA, folder, name)) as f:
                for case in json.load(f):
                    f = factors[case["schedule"]] if "schedule" in case else [1.0] * case["steps"]
                    case["name"], case["start"] = name.removesuffix(".json"), case["points"][0]
                    yield case, [case["hyper"]["lr"] * x for x in f[: case["steps"]]]


with open(os.path.join(DATA, "network.json")) as _f:
    NETWORK = json.load(_f)
SHAPES = ((5, 4), (4,), (4, 3), (3,))


def tensors(case, make):
    """The start as a framework's arrays: one vector, or the network's four layers."""
    if case["function"] != "network":
        return [make(case["start"], (2,))]
    out, at = [], 0
    for shape in SHAPES:
        n = math.prod(shape)
        out.append(make(case["start"][at : at + n], shape))
        at += n
    return out


def batch(t):
    """The examples of update t, counted from 0."""
    rows = NETWORK["batches"][t]
    return [NETWORK["x"][i] for i in rows], [NETWORK["y"][i] for i in rows]


def torch_loss(case):
    import torch

    if case["function"] != "network":
        e = objectives(torch)[case["function"]]
        return lambda ws, t: e(ws[0][0], ws[0][1])

    def loss(ws, t):
        x, y = batch(t)
        z = torch.tanh(torch.tensor(x, dtype=torch.float64) @ ws[0] + ws[1])
        return torch.nn.functional.cross_entropy(z @ ws[2] + ws[3], torch.tensor(y))

    return loss


def torch_run(make, case, rates):
    """make(ws, case, rate) gives an optimizer and what to set before update t, or None."""
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # scalars of the state take it
    loss = torch_loss(case)
    ws = tensors(case, lambda x, shape: torch.tensor(x, dtype=torch.float64).reshape(shape).requires_grad_())
    made = make(ws, case, rates[0])
    if made is None:
        return None
    optimizer, before = made if isinstance(made, tuple) else (made, None)
    flat = lambda: [x for w in ws for x in w.detach().flatten().tolist()]
    points = [flat()]
    for t, rate in enumerate(rates, 1):
        group = optimizer.param_groups[0]
        group["lr"] = rate
        optimizer.zero_grad()
        loss(ws, t - 1).backward()
        if before:
            before(optimizer, group, t, rate)
        if hasattr(optimizer, "first_step"):  # SAM: the gradient a second time
            optimizer.first_step(zero_grad=True)
            loss(ws, t - 1).backward()
            optimizer.second_step()
        else:
            optimizer.step()
        points.append(flat())
    return points


def torch_runner():
    import inspect

    import torch

    def make(ws, case, rate):
        h, name, form, o = case["hyper"], case["optimizer"], case.get("form", ""), torch.optim
        adam = {"betas": (h.get("beta1"), h.get("beta2")), "eps": h.get("eps")}
        if case["name"] == "graft":  # of two optimizers of PyTorch's
            if h["graft"] == "momentum" and "schedule" in case:
                return None  # its velocity is PyTorch's
            return Grafted(ws, lambda ws: o.Adam(ws, lr=rate, **adam), lambda ws: o.SGD(ws, lr=rate, momentum=h.get("momentum", 0)))
        if name == "sgd":
            return o.SGD(ws, lr=rate)
        if name == "momentum" and (form == "torch" or not form and "schedule" not in case) and case["name"] == name:
            return o.SGD(ws, lr=rate, momentum=h["momentum"], dampening=h.get("dampening", 0))
        if name == "nesterov" and form == "torch":
            return o.SGD(ws, lr=rate, momentum=h["momentum"], nesterov=True)
        if name == "adagrad" and not form:
            return o.Adagrad(ws, lr=rate, eps=h["eps"])
        if name == "rmsprop" and not form:
            return o.RMSprop(ws, lr=rate, alpha=h["beta"], eps=h["eps"])
        if name == "adam" and not form:
            return o.Adam(ws, lr=rate, **adam)
        if name == "adamw" and not form:
            return o.AdamW(ws, lr=rate, weight_decay=h["weight_decay"], **adam)
        if name == "asgd":
            # It computes the rate of an update in the one before; its t0 does not move the weights.
            def ahead(o, g, t, rate):
                for w in ws:
                    if o.state[w]:
                        o.state[w]["eta"].fill_(rate / (1 + h["lambda"] * rate * (t - 1)) ** h["alpha"])

            return o.ASGD(ws, lr=rate, lambd=h["lambda"], alpha=h["alpha"], t0=h["t0"], foreach=False), ahead
        if name == "adafactor" and form == "torch":
            return o.Adafactor(ws, lr=rate, beta2_decay=-h["beta2_decay"], eps=(h["eps1"], h["eps2"]), d=h["clip"])
        if name == "adadelta":
            return o.Adadelta(ws, lr=rate, rho=h["rho"], eps=h["eps"])
        if name == "rmsprop_momentum" and (form == "torch" or form == "" and "schedule" not in case):
            return o.RMSprop(ws, lr=rate, alpha=h["beta"], eps=h["eps"], momentum=h["momentum"], centered=h.get("centered", False))
        if name == "rprop":
            return o.Rprop(ws, lr=rate, etas=(h["eta_minus"], h["eta_plus"]), step_sizes=(h["step_min"], h["step_max"]))
        if name == "amsgrad" and not form:
            return o.Adam(ws, lr=rate, amsgrad=True, **adam)
        if name == "adamax" and not form:
            return o.Adamax(ws, lr=rate, **adam)
        if name == "nadam" and not form:
            # PyTorch 1.13's single-tensor loop multiplies by mu twice.
            return o.NAdam(ws, lr=rate, momentum_decay=h["momentum_decay"], foreach=True, **adam)
        if name == "nadamw" and not form and "decoupled_weight_decay" in inspect.signature(o.NAdam).parameters:
            return o.NAdam(ws, lr=rate, momentum_decay=h["momentum_decay"], weight_decay=h["weight_decay"],
                           decoupled_weight_decay=True, **adam)
        if name == "radam" and form == "torch":
            return o.RAdam(ws, lr=rate, **adam)
        return None

    return lambda case, rates: torch_run(make, case, rates), f"PyTorch {torch.__version__}"


class Grafted:
    """The direction of one optimizer with the length of another's step, tensor by tensor: both step on copies of w."""

    def __init__(self, ws, direction, length):
        self.ws, self.copies = ws, [[w.detach().clone().requires_grad_() for w in ws] for _ in range(2)]
        self.two = [direction(self.copies[0]), length(self.copies[1])]
        self.param_groups = [{}]  # torch_run sets its lr

    def zero_grad(self):
        for w in self.ws:
            w.grad = None

    def step(self):
        for o, copies in zip(self.two, self.copies):
            o.param_groups[0]["lr"] = self.param_groups[0]["lr"]
            for w, c in zip(self.ws, copies):
                c.data, c.grad = w.detach().clone(), w.grad.clone()
            o.step()
        for w, d, m in zip(self.ws, *self.copies):
            d, m = d.detach() - w.detach(), m.detach() - w.detach()
            if d.norm() > 0:
                w.data += d * (m.norm() / d.norm())


class Transposed:
    """An optimizer of copies of w whose matrices have an output a row, as PyTorch's layers do."""

    def __init__(self, ws, make):
        self.ws = ws
        self.copies = [w.detach().T.contiguous().requires_grad_() if w.dim() == 2 else w.detach().clone().requires_grad_() for w in ws]
        self.inner = make(self.copies)
        self.param_groups = [{}]

    def zero_grad(self):
        for w in self.ws:
            w.grad = None

    def step(self):
        for g in self.inner.param_groups:
            g["lr"] = self.param_groups[0]["lr"]
        for w, c in zip(self.ws, self.copies):
            c.grad = w.grad.T.contiguous() if w.dim() == 2 else w.grad.clone()
        self.inner.step()
        for w, c in zip(self.ws, self.copies):
            w.data = c.detach().T.clone() if w.dim() == 2 else c.detach().clone()


def spsa_run(case, rates):
    """Runs noisyopt's SPSA with the recorded directions; the rate of an update, which it has not, multiplies E, and so does a gain
    whose A is not its hundredth of the updates."""
    import noisyopt
    import numpy as np
    import torch

    h, points, calls, torch_e = case["hyper"], [case["start"]], [0], torch_loss(case)
    n = len(case["start"])
    directions = [np.array([-1.0 if u < 0.5 else 1.0 for u in philox.uniform("optim/spsa/direction", t, n)]) for t in range(1, len(rates) + 1)]
    drawn = iter(directions)
    A, alpha = h["stability"], h["alpha"]
    if A != 0.01 * len(rates):
        rates, A, alpha = [r * ((A + 1) / (A + t)) ** alpha for t, r in enumerate(rates, 1)], 0.0, 0.0
    choice, np.random.choice = np.random.choice, lambda values, size: next(drawn)

    def e(x):
        t = min(calls[0] // 2, len(rates) - 1)  # it asks once more in the end
        calls[0] += 1
        at = tensors({**case, "start": list(x)}, lambda x, shape: torch.tensor(x, dtype=torch.float64).reshape(shape))
        return rates[t] * torch_e(at, t).item()

    try:
        noisyopt.minimizeSPSA(e, np.array(case["start"]), niter=len(rates), paired=False, a=(A + 1) ** alpha, alpha=alpha, c=h["perturbation"],
                              gamma=h["gamma"], callback=lambda x: points.append([float(v) for v in x]))
    finally:
        np.random.choice = choice
    return points


def library_runner():
    import adam_mini
    import pytorch_optimizer as p
    import torch
    import torch_optimizer as q
    from importlib.metadata import version

    def make(ws, case, rate):
        rate = rate or 1.0  # some refuse a rate of 0; the update's own replaces it
        h, name, constant = case["hyper"], case["optimizer"], "schedule" not in case
        betas = (h.get("beta1"), h.get("beta2"))
        if name == "adam_mini":  # matrices by output, whatever else there is a block each
            named = lambda ws: [("mlp" if w.dim() == 2 else "other", w) for w in ws]
            return Transposed(ws, lambda ws: adam_mini.Adam_mini(named(ws), lr=rate, betas=betas, eps=h["eps"], verbose=False))
        corrected = lambda t: math.sqrt(1 - h["beta2"] ** t)
        if case["name"] == "sam" and constant:  # its momentum is PyTorch's
            return p.SAM(ws, base_optimizer=torch.optim.SGD, rho=h["sam"], lr=rate, momentum=h["momentum"])
        if case["name"] == "lookahead" and constant:
            return p.Lookahead(torch.optim.SGD(ws, lr=rate, momentum=h["momentum"]), k=h["lookahead"],
                               alpha=h["lookahead_share"], pullback_momentum="none")
        if name == "aggmo":
            return p.AggMo(ws, lr=rate, betas=tuple(1 - h["base"] ** i for i in range(h["count"])))
        if name == "qhm":
            return p.QHM(ws, lr=rate, momentum=h["beta"], nu=h["nu"])
        if name == "qhadam":
            # pytorch_optimizer's has 1 - β2·g² for (1 - β2)g². ν2's share: its eps is this one's.
            return q.QHAdam(ws, lr=rate, betas=betas, nus=(h["nu1"], h["nu2"]), eps=h["eps"])
        if name == "madgrad":
            # It adds eps to the rate.
            return (p.MADGRAD(ws, lr=1.0, momentum=h["momentum"], eps=h["eps"]),
                    lambda o, g, t, rate: g.update(lr=rate - h["eps"]))
        if name == "laprop":
            # η is inside its average, and eps beside the uncorrected root.
            return constant and (p.LaProp(ws, lr=rate, betas=betas, eps=h["eps"]),
                                 lambda o, g, t, rate: g.update(eps=h["eps"] * corrected(t))) or None
        if name == "adan":
            return p.Adan(ws, lr=rate, betas=(h["beta1"], h["beta2"], h["beta3"]), eps=h["eps"], max_grad_norm=0.0)
        if name in ("signum", "signsgd"):
            return p.SignSGD(ws, lr=rate, momentum=h.get("beta", 0.0))
        if name == "lion":
            return p.Lion(ws, lr=rate, betas=betas, weight_decay=0.0)
        if name == "mars":
            # Its gradient before the first is 0, and its eps beside the uncorrected root.
            def first(o, g, t, rate):
                g["eps"] = h["eps"] * corrected(t)
                if t == 1:
                    o.init_group(g)
                    for w in ws:
                        o.state[w]["last_grad"].copy_(w.grad)

            return p.MARS(ws, lr=rate, betas=betas, gamma=h["gamma"], eps=h["eps"], weight_decay=0.0, optimize_1d=True), first
        if name == "stable_adamw":
            # Its decay takes the whole rate, and its eps² is added to nothing: see the README.
            return p.StableAdamW(ws, lr=rate, betas=betas, eps=h["eps"], weight_decay=h["weight_decay"], kahan_sum=False)
        if name == "fromage":
            return p.Fromage(ws, lr=rate)
        if name == "came":
            return p.CAME(ws, lr=rate, betas=(h["beta1"], h["beta2"], h["beta3"]), eps1=h["eps1"], eps2=h["eps2"],
                          clip_threshold=h["clip"], weight_decay=0.0)
        if name == "sm3":
            return p.SM3(ws, lr=rate, momentum=h["momentum"], beta=0.0, eps=h["eps"])
        if name == "dadapt_sgd":
            # Its first norm is in float32.
            sys.modules[p.DAdaptSGD.__module__].get_global_gradient_norm = lambda groups: sum(
                (w.grad.square().sum() for g in groups for w in g["params"]), torch.zeros(1))
            return p.DAdaptSGD(ws, lr=rate, momentum=h["momentum"], d0=h["d0"])
        if name == "dadapt_adam":
            return p.DAdaptAdam(ws, lr=rate, betas=betas, d0=h["d0"], eps=h["eps"], bias_correction=True)
        if name == "prodigy" and "form" not in case:
            return p.Prodigy(ws, lr=rate, betas=betas, d0=h["d0"], d_coef=h["d_coef"], eps=h["eps"], weight_decay=0.0)
        if name == "ftrl" and "form" not in case and constant:
            # From its z, which holds the first weights; the paper's for a constant rate. Its lr_power is -1/2.
            def keep(o, g, t, rate):
                if t == 1:
                    o.init_group(g)
                    for w in ws:
                        o.state[w]["z"].copy_(-(h["beta"] / rate + h["l2"]) * w.detach() - h["l1"] * w.detach().sign())

            return p.FTRL(ws, lr=rate, lr_power=-0.5, beta=h["beta"], lambda_1=h["l1"], lambda_2=h["l2"]), keep
        if name == "adopt":
            return p.ADOPT(ws, lr=rate, betas=betas, eps=h["eps"], clip_lambda=lambda step: (step - 1) ** 0.25)
        return None

    return lambda case, rates: spsa_run(case, rates) if case["name"] == "spsa" else torch_run(make, case, rates), ", ".join(
        f"{name} {version(name)}" for name in ("pytorch_optimizer", "torch_optimizer", "adam-mini", "noisyopt"))


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

    def factored(h, eta):
        decay = lambda i, c: 1.0 - (jnp.float64(i) + 1.0) ** -c  # Optax's own is in float32
        return optax.chain(
            optax.scale_by_factored_rms(True, h["beta2_decay"], 0, 1, h["eps1"], decay),
            optax.clip_by_block_rms(h["clip"]), optax.scale(-eta), optax.scale_by_param_block_rms(h["eps2"]))

    def rate_free(make):
        return lambda h, eta: make(h, eta, dict(betas=(h.get("beta1"), h.get("beta2")), eps=h.get("eps"), estim_lr0=h.get("d0")))

    # noisy_sgd's numbers are the recorded ones: Optax draws those of the update that now is.
    drawn, now_t = {n: jnp.array([philox.normal("optim/before/noise/noise/noise", t, n) for t in range(1, 101)]) for n in (2, 39)}, [0]

    def recorded_noise(key, target_tree, sampler=None, **_):
        leaves, tree = jax.tree.flatten(target_tree)
        flat, at = drawn[sum(x.size for x in leaves)][now_t[0]], 0
        out = []
        for x in leaves:
            out.append(flat[at : at + x.size].reshape(x.shape))
            at += x.size
        return jax.tree.unflatten(tree, out)

    optax.tree.random_like = recorded_noise

    momentum = lambda h, eta: optax.chain(optax.scale(-eta), optax.trace(h["momentum"]))
    builders = {
        "sgd": lambda h, eta: optax.scale(-eta),
        "momentum": momentum,
        "noisy_sgd": lambda h, eta: optax.chain(optax.add_noise(h["noise"], h["noise_decay"], 0), optax.scale(-eta)),
        "momentum/torch": lambda h, eta: optax.chain(optax.trace(h["momentum"]), optax.scale(-eta)),
        "nesterov/torch": lambda h, eta: optax.chain(optax.trace(h["momentum"], nesterov=True), optax.scale(-eta)),
        "nesterov/keras": lambda h, eta: optax.chain(optax.scale(-eta), optax.trace(h["momentum"], nesterov=True)),
        "adagrad/optax": lambda h, eta: optax.chain(optax.scale_by_rss(0.1, h["eps"]), optax.scale(-eta)),
        "rmsprop": lambda h, eta: optax.chain(optax.scale_by_rms(h["beta"], h["eps"], eps_in_sqrt=False), optax.scale(-eta)),
        "rmsprop/optax": lambda h, eta: optax.chain(optax.scale_by_rms(h["beta"], h["eps"]), optax.scale(-eta)),
        "adam": lambda h, eta: optax.chain(optax.scale_by_adam(*adam(h)), optax.scale(-eta)),
        "adamw": lambda h, eta: optax.chain(optax.scale_by_adam(*adam(h)), *decay(h, eta)),
        "mechanic": lambda h, eta: contrib.mechanize(
            momentum(h, eta), h["mechanic_decay"], h["mechanic_eps"], h["mechanic"], h["mechanic_count"]),
        "polyak": lambda h, eta: optax.chain(optax.scale_by_polyak(h["f_min"], eta, h["eps"], "sps+"), optax.scale(-1.0)),
        "fromage": lambda h, eta: optax.fromage(eta),
        "adafactor": factored,
        "sm3": lambda h, eta: optax.chain(optax.scale_by_sm3(h["momentum"], 1.0, h["eps"]), optax.scale(-eta)),
        "dog": lambda h, eta: contrib.dog(eta, ("heuristic", h["initial"]), h["eps"]),
        "dowg": lambda h, eta: contrib.dowg(eta, h["initial"] ** 2, h["eps"]),
        "cocob": lambda h, eta: contrib.cocob(eta, h["alpha"], h["eps"]),
        "dadapt_adam": rate_free(lambda h, eta, k: contrib.dadapt_adamw(eta, **k)),
        "prodigy/optax": rate_free(lambda h, eta, k: contrib.prodigy(eta, estim_lr_coef=h["d_coef"], **k)),
        "momo": lambda h, eta: contrib.momo(eta, h["beta"], h["f_min"]),
        "momo_adam": lambda h, eta: contrib.momo_adam(eta, *adam(h), h["f_min"]),
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
    batches = [batch(t) for t in range(len(NETWORK["batches"]))]
    X, Y = jnp.array([b[0] for b in batches]), jnp.array([b[1] for b in batches])

    def network(ws, t):
        z = jnp.tanh(X[t] @ ws[0] + ws[1])
        return optax.softmax_cross_entropy_with_integer_labels(z @ ws[2] + ws[3], Y[t]).mean()

    def run(case, rates):
        key = case["name"] + ("/" + case["form"] if "form" in case else "")
        if key not in builders or case["hyper"].get("dampening") or rates[0] == 0 and key in ("dadapt_adam", "prodigy/optax"):
            return None  # they divide 0 by 0 where a warm-up begins with a rate of 0
        plane = functions.get(case["function"])
        f = (lambda ws, t: plane(ws[0][0], ws[0][1])) if plane else network
        start, h = tensors(case, lambda x, shape: jnp.array(x).reshape(shape)), case["hyper"]

        def step(carry, now):
            ws, state, t = carry
            now_t[0] = t
            value, g = jax.value_and_grad(f)(ws, t)
            transform = optax.with_extra_args_support(builders[key](h, now))
            updates, state = transform.update(g, state, ws, value=value)
            ws = optax.apply_updates(ws, updates)
            return (ws, state, t + 1), jnp.concatenate([w.ravel() for w in ws])

        first = (start, builders[key](h, rates[0]).init(start), 0)
        _, points = jax.lax.scan(step, first, jnp.array(rates))
        return [case["start"]] + points.tolist()

    return run, f"Optax {optax.__version__}, JAX {jax.__version__}"


def keras_runner():
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    import keras

    keras.config.set_floatx("float64")
    # Its own takes the mean of float64 in float32, which moves Adafactor's points by 8e-8.
    keras.src.ops.mean = lambda x, axis=None, keepdims=False: jnp.mean(keras.ops.convert_to_tensor(x), axis, keepdims=keepdims)
    o = keras.optimizers
    functions = objectives(jnp)

    def make(case, rates):
        h, form = case["hyper"], case.get("form", "")
        key = case["name"] + ("/" + form if form else "")
        adam = {"beta_1": h.get("beta1"), "beta_2": h.get("beta2"), "epsilon": h.get("eps")}
        decay = {"weight_decay": h.get("weight_decay")}
        builders = {
            "sgd": lambda: o.SGD(1.0),
            "momentum": lambda: o.SGD(1.0, momentum=h["momentum"]),
            "nesterov/keras": lambda: o.SGD(1.0, momentum=h["momentum"], nesterov=True),
            "adagrad/keras": lambda: o.Adagrad(1.0, 0.1, epsilon=h["eps"]),
            "rmsprop/keras": lambda: o.RMSprop(1.0, rho=h["beta"], epsilon=h["eps"]),
            "adam/keras": lambda: o.Adam(1.0, **adam),
            "adamw/keras": lambda: o.AdamW(1.0, **adam, **decay),
            "amsgrad/keras": lambda: o.Adam(1.0, amsgrad=True, **adam),
            "adamax/keras": lambda: o.Adamax(1.0, **adam),
            "adamaxw/keras": lambda: o.Adamax(1.0, **adam, **decay),
            "adadelta": lambda: o.Adadelta(1.0, rho=h["rho"], epsilon=h["eps"]),
            "lion": lambda: o.Lion(1.0, beta_1=h["beta1"], beta_2=h["beta2"]),
            "rmsprop_momentum/optax": lambda: None if h.get("centered") else o.RMSprop(
                1.0, rho=h["beta"], momentum=h["momentum"], epsilon=h["eps"]),
            # Its schedule of momenta is ψ = 1.
            "nadam": lambda: o.Nadam(1.0, **adam) if h["momentum_decay"] == 1 else None,
            "nadamw": lambda: o.Nadam(1.0, **adam, **decay) if h["momentum_decay"] == 1 else None,
            "ftrl/keras": lambda: o.Ftrl(1.0, l1_regularization_strength=h["l1"], l2_regularization_strength=h["l2"], beta=h["beta"]),
            # Its rate is bounded by 1/√t.
            "adafactor": lambda: o.Adafactor(
                1.0, -h["beta2_decay"], h["eps1"], h["eps2"], h["clip"]) if all(
                    r <= (t + 1) ** -0.5 for t, r in enumerate(rates)) else None,
        }
        return builders[key]() if key in builders else None

    @jax.jit
    def network(ws, x, y):
        o = jnp.tanh(x @ ws[0] + ws[1]) @ ws[2] + ws[3]
        return (jax.nn.logsumexp(o, axis=1) - jnp.take_along_axis(o, y[:, None], 1)[:, 0]).mean()

    def run(case, rates):
        optimizer = make(case, rates)
        if optimizer is None:
            return None
        optimizer.learning_rate = rates[0]
        plane = functions.get(case["function"])
        gradient = jax.jit(jax.grad((lambda ws: plane(ws[0][0], ws[0][1])) if plane else network))
        vs = tensors(case, lambda x, shape: keras.Variable(jnp.array(x).reshape(shape), dtype="float64"))
        points = [case["start"]]
        for t, rate in enumerate(rates):
            extra = () if plane else tuple(jnp.array(b) for b in batch(t))
            optimizer.learning_rate = rate
            optimizer.apply(gradient([v.value for v in vs], *extra), vs)
            points.append([x for v in vs for x in jnp.ravel(v.value).tolist()])
        return points

    return run, f"Keras {keras.__version__} on JAX {jax.__version__}"


def main():
    runners = {"torch": torch_runner, "optax": optax_runner, "library": library_runner, "keras": keras_runner}
    if len(sys.argv) < 2 or sys.argv[1] not in runners:
        sys.exit(__doc__)
    run, version = runners[sys.argv[1]]()
    table = {}
    for case, rates in load():
        if sys.argv[2:] and case["name"] not in sys.argv[2:]:
            continue
        key = case["name"] + ("/" + case["form"] if "form" in case else "") + (" (network)" if case["function"] == "network" else "")
        row = table.setdefault(key, [0, 0, 0.0])
        got = run(case, rates)
        if got is None:
            row[1] += 1
            continue
        pairs = zip(got[:: case["every"]], case["points"], strict=True)
        d = max(abs(a - b) / max(1, abs(b)) if a == a else math.inf for p, q in pairs for a, b in zip(p, q))
        row[0], row[2] = row[0] + 1, max(row[2], d)
    print(f"{version}\n{'optimizer':<36}{'compared':>9}{'skipped':>9}{'points':>10}")
    for key, (n, skipped, d) in table.items():
        if n:
            print(f"{key:<36}{n:>9}{skipped:>9}{d:>10.1e}")
    bad = [k for k, row in table.items() if not row[2] <= LIMIT]
    if bad:
        sys.exit(f"above {LIMIT}: {', '.join(bad)}")


if __name__ == "__main__":
    main()
