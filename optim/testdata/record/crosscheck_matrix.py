#!/usr/bin/env python3
"""Reruns ../matrix in other people's optimizers, float64, and reports the differences.

    python3 crosscheck_matrix.py [RULE ..]     needs NumPy, torch 2.9 or later, pytorch_optimizer 4.1.0
                                           and, for kfac, curvlinops-for-pytorch 3.0.1

They round within: Muon and Scion to bfloat16, SOAP and GaLore to float32. Here those casts are made to do nothing, so that the
equations are compared. A parameter that enters elsewhere is given, before each update, the value that makes the equations
equal, as said at each. The optimizers for matrices take weights as [outputs, inputs]; the bias is given to Adam or SignSGD.
Products with the Hessian and gradients for drawn targets are autograd's, here and nowhere else.
"""

import json
import math
import os
import sys
from importlib.metadata import version

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.bfloat16 = torch.float64

import pytorch_optimizer as library  # noqa: E402 after the cast: bfloat16 is a default argument there
from pytorch_optimizer.optimizer.scion import LMONorm  # noqa: E402

torch.float = torch.float32 = torch.float64

import philox  # noqa: E402
from matrix import SHAPES, START, X, Y  # noqa: E402

randn_like = torch.randn_like
from record import OUT  # noqa: E402


def hypers(spec):
    name, _, pairs = spec.partition(":")
    return name, {k: json.loads(v) for k, v in (p.split("=") for p in pairs.split(","))}


def row(parts):
    """The numbers of the three, the matrices as [inputs, outputs], one after another."""
    return torch.cat([(v.T if k.endswith("weight") else v).reshape(-1) for k, v in zip(SHAPES, parts)])


def parts(v):
    """The reverse of row, with the matrices as [outputs, inputs]."""
    out, at = [], 0
    for k, shape in SHAPES.items():
        n = math.prod(shape)
        x = torch.as_tensor(v[at : at + n]).reshape(shape)
        out.append(x.T if k.endswith("weight") else x)
        at += n
    return out


def run(make, h):
    """The points. make gives optimizers, each with (t, rate, its group, u ↦ Hu) -> keywords of its step."""
    w = {k: torch.tensor(START[k].T.copy() if k.endswith("weight") else START[k], requires_grad=True) for k in SHAPES}
    optimizers, points = make(w, h), []
    x, y = torch.tensor(X), torch.tensor(Y)
    for tau in range(101):
        points.append(row(w.values()).detach().numpy().copy())
        eta = h["lr"] * (1 + 0.5 * math.sin(tau))
        e = 0.5 * torch.mean((torch.tanh(x @ w["a.weight"].T + w["a.bias"]) @ w["b.weight"].T - y) ** 2)
        gs = torch.autograd.grad(e, list(w.values()), create_graph=True)

        def hvp(u, drawn=None):
            """Hu, or the gradient for targets drawn with this noise."""
            if drawn is not None:
                z = torch.tanh(x @ w["a.weight"].T + w["a.bias"]) @ w["b.weight"].T
                other = 0.5 * torch.mean((z - (z.detach() + torch.tensor(drawn).reshape(z.shape))) ** 2)
                return row(torch.autograd.grad(other, list(w.values())))
            return row(torch.autograd.grad(gs, list(w.values()), parts(u), retain_graph=True))

        with_step = []
        for o, before in optimizers:
            o.param_groups[0]["lr"] = eta
            with_step.append((o, before(tau + 1, eta, o.param_groups[0], hvp) or {}))
        for p, g in zip(w.values(), gs):
            p.grad = g.detach().clone()
        for o, keywords in with_step:
            o.step(**keywords)
    return points


def scaled(factor):
    def before(t, rate, group, hvp):
        group["lr"] = rate * factor

    return before


def matrices(w):
    return [w["a.weight"], w["b.weight"]]


def adam(w, h):
    o = torch.optim.Adam([w["a.bias"]], betas=(h.get("beta1", 0.9), h.get("beta2", 0.999)), eps=h.get("eps", 1e-8))
    return o, scaled(h.get("rest_factor", 1))


def muon(w, h):
    o = torch.optim.Muon(
        matrices(w), lr=h["lr"], weight_decay=h["weight_decay"], momentum=h["momentum"], nesterov=h.get("nesterov", True),
        ns_steps=h.get("ns_steps", 5), eps=1e-7, adjust_lr_fn="match_rms_adamw" if h.get("match_rms") else "original",
    )
    return [(o, scaled(1)), adam(w, h)]


def scion(w, h):
    """Its momentum is the share of the new gradient, ours α."""
    o = library.SCION(
        matrices(w), momentum=h["scion_alpha"], constraint=h.get("constrained", False), norm_type=LMONorm.SPECTRAL, norm_kwargs={"num_steps": 5}
    )
    return [(o, scaled(1)), (library.SignSGD([w["a.bias"]], momentum=0.9), scaled(h.get("rest_factor", 1)))]


def shampoo(w, h):
    """It computes roots every k updates from the k-th on, and takes no step before; ours are due in the first k and then at
    t = k·n + 1. It has no longest side."""
    if "max_side" in h:
        return None
    o = library.Shampoo(matrices(w), matrix_eps=h["shampoo_eps"])

    def before(t, rate, group, hvp):
        o.preconditioning_compute_steps = 1 if t <= h["every"] or (t - 1) % h["every"] == 0 else 10**9

    return [(o, before), adam(w, h)]


def soap(w, h):
    """Its ε is beside the root before the bias correction. It sorts the bases at each renewal: main leaves that out."""
    o = library.SOAP(
        matrices(w), betas=(h["soap_beta1"], h["soap_beta2"]), weight_decay=0.0, precondition_frequency=h["every"],
        max_precondition_dim=h.get("max_side", 512), correct_bias=True,
    )

    def before(t, rate, group, hvp):
        group["eps"] = h["soap_eps"] * math.sqrt(1 - h["soap_beta2"] ** max(t - 1, 1))

    return [(o, before), adam(w, h)]


def galore(w, h):
    """Its ε is beside the root before the bias correction, and its projections are renewed at t = 1 and t = k·n."""
    o = library.GaLore(
        [{"params": matrices(w), "rank": h["rank"], "update_proj_gap": 1, "scale": h.get("galore_scale", 1), "projection_type": "std"}],
        betas=(h["galore_beta1"], h["galore_beta2"]),
    )

    def before(t, rate, group, hvp):
        group["eps"] = h["galore_eps"] * math.sqrt(1 - h["galore_beta2"] ** t)
        for p in group["params"]:
            if "projector" in o.state[p]:
                o.state[p]["projector"].update_proj_gap = 1 if (t - 1) % h["every"] == 0 else 10**9

    return [(o, before), adam(w, h)]


def sophia(w, h):
    """m/max(γh, ε) limited to 1 is 1/γ of its m/max(h, ε/γ) limited to γ. It is given u∘Hu, of the recorded u."""
    o = library.SophiaH(list(w.values()), betas=(h["beta1"], h["beta2"]), p=h["gamma"], eps=h["eps"] / h["gamma"], update_period=h["every"])

    def before(t, rate, group, hvp):
        group["lr"] = rate / h["gamma"]
        if (t - 1) % h["every"] == 0:
            if h.get("gauss_newton"):
                g = hvp(None, philox.normal("optim/sophia/targets1", t, 18))
                return {"hessian": parts(18 * g * g)}
            u = torch.tensor(philox.normal("optim/sophia/probe", t, 28))
            return {"hessian": parts(u * hvp(u))}

    return [(o, before)]


def adahessian(w, h):
    """It is given z∘Hz, of the recorded signs z, in each update: it leaves v alone between two products, but corrects its bias by t."""
    o = library.AdaHessian(list(w.values()), betas=(h["beta1"], h["beta2"]), eps=h["eps"], hessian_power=h["hessian_power"])
    kept = []

    def before(t, rate, group, hvp):
        if t <= h.get("every", 1) or (t - 1) % h.get("every", 1) == 0:
            z = torch.tensor(philox.signs("optim/ada_hessian/probe", t, 28), dtype=torch.float64)
            kept[:] = parts(z * hvp(z))
        return {"hessian": kept}

    return [(o, before)]


def psgd(w, h):
    """It is given the recorded noise, and the steps in which its factors move; it balances them at random, which changes nothing.
    Its limit is 1.1."""
    if h.get("limit_rms", 1.1) != 1.1:
        return None
    o = library.Kron(
        matrices(w), momentum=h["psgd_beta"], pre_conditioner_update_probability=lambda n: torch.tensor(1.0 if n % h["every"] == 0 else 0.0),
        max_size_triangular=h.get("max_side", 512), balance_prob=0.0, precondition_dtype=torch.float64,
    )
    o.param_groups[0]["precondition_lr"] = h["fit_rate"]

    def before(t, rate, group, hvp):
        noise = np.array(philox.normal("optim/psgd/probe", t, 24))
        draws = [noise[:12].reshape(3, 4).T, noise[12:].reshape(4, 3).T]
        torch.randn_like = lambda p, **_: torch.tensor(draws.pop(0).copy())

    return [(o, before), adam(w, h)]


class KFAC:
    """Momentum and the bound of the divergence, around curvlinops's factors, damping and inverses.

    Its error is the mean of squares, twice ours: its factors of gradients are 4 times ours with the batch's targets, and
    twice with drawn ones, whose variance it has as ½.
    """

    def __init__(self, w, h):
        from curvlinops import KFACInverseLinearOperator, KFACLinearOperator

        self.factors, self.inverse = KFACLinearOperator, KFACInverseLinearOperator
        self.w, self.h, self.param_groups, self.t = w, h, [{"lr": 0.0}], 0
        self.model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3, bias=False))
        self.kept, self.velocity = {}, [0.0, 0.0, 0.0]

    def measure(self):
        h, empirical = self.h, self.h.get("empirical", False)
        noise = torch.tensor(philox.normal("optim/kfac/targets1", self.t, 18)).reshape(6, 3)
        kind = type("Drawn", (self.factors,), {"draw_label": lambda _, out: out.detach() + noise * math.sqrt(0.5)})
        op = kind(
            self.model, torch.nn.MSELoss(), list(self.model.parameters()), [(torch.tensor(X), torch.tensor(Y))],
            fisher_type="empirical" if empirical else "mc", check_deterministic=False, separate_weight_and_bias=False, num_data=6,
        )
        op.compute_kronecker_factors()
        j = (self.t - 1) // h.get("factors_every", 1) + 1
        rho = min(1 - 1 / j, h["stat_decay"])
        for covariances, scale in [(op._input_covariances, 1), (op._gradient_covariances, 0.25 if empirical else 0.5)]:
            for name, c in covariances.items():
                key = (scale == 1, name)
                self.kept[key] = rho * self.kept.get(key, 0) + (1 - rho) * scale * c
                covariances[name] = self.kept[key].clone()
        self.op = op

    def step(self):
        self.t += 1
        h, eta = self.h, self.param_groups[0]["lr"]
        with torch.no_grad():
            for p, v in zip(self.model.parameters(), self.w.values()):
                p.copy_(v)
        if (self.t - 1) % h.get("factors_every", 1) == 0:
            self.measure()
        if self.t <= 3 or (self.t - 1) % h["every"] == 0:
            self.now = self.inverse(self.op, damping=h["damping"], use_heuristic_damping=True)
        g = [v.grad for v in self.w.values()]
        u = self.now @ g
        nu = min(1, math.sqrt(h["kl_clip"] / (eta**2 * sum((a * b).sum().item() for a, b in zip(u, g)))))
        with torch.no_grad():
            for i, v in enumerate(self.w.values()):
                self.velocity[i] = h["kfac_momentum"] * self.velocity[i] - eta * nu * u[i]
                v += self.velocity[i]


def kfac(w, h):
    """It has no diagonal factors."""
    if "max_side" in h:
        return None
    return [(KFAC(w, h), scaled(1))]


def signed_svd(x, full_matrices=True, svd=torch.linalg.svd):
    """An SVD with the largest component of a direction positive: of the shorter side's, which are GaLore's."""
    u, s, vh = svd(x, full_matrices=full_matrices)
    tall = x.shape[0] >= x.shape[1]
    side = vh.T if tall else u
    sign = torch.sign(side[side.abs().argmax(0), torch.arange(side.shape[1])])
    return u * sign, s, vh * sign[:, None]


RULES = {"muon": muon, "scion": scion, "shampoo": shampoo, "soap": soap, "galore": galore, "psgd": psgd, "kfac": kfac, "sophia": sophia, "adahessian": adahessian}


def main():
    print("torch", torch.__version__, "pytorch_optimizer", version("pytorch_optimizer"))
    sort = torch.argsort
    for name in sys.argv[1:] or RULES:
        with open(os.path.join(OUT, "matrix", name + ".json")) as f:
            cases = json.load(f)
        for case in cases:
            for sorts in [False, True] if name == "soap" else [False]:
                torch.argsort = sort if sorts else lambda x, **_: torch.arange(len(x))
                torch.linalg.svd, svd = signed_svd if name == "galore" else torch.linalg.svd, torch.linalg.svd
                h = hypers(case["optimizer"])[1]
                if RULES[name]({k: torch.zeros(s[::-1], requires_grad=True) for k, s in SHAPES.items()}, h) is None:
                    print(f"{case['optimizer']}: no such option there")
                    continue
                points = run(RULES[name], h)
                torch.linalg.svd = svd
                d = max(np.abs(np.array(p) - q).max() for p, q in zip(case["points"], points[::10], strict=True))
                print(f"{case['optimizer']}{', its bases sorted' if sorts else ''}: {d:.2g}")


if __name__ == "__main__":
    main()
