"""Rules for matrices and rules by curvature, as their papers' equations in NumPy, float64.

The error is that of a small network with two matrices and a bias,

    E = ½·mean((tanh(X A + b) B − Y)²),    X [6, 3], A [3, 4], b [4], B [4, 3]

of which 18 targets with normal noise of variance 1 are a likelihood, with its gradient by hand; the Hessian's product with v is the complex step of that gradient,
Im ∇E(w + ihv)/h with h = 1e-30, which has no rounding of its own.
"""

import numpy as np

import philox

SHAPES = {"a.weight": (3, 4), "a.bias": (4,), "b.weight": (4, 3)}
X = np.array([[np.sin(1 + 2 * i + 3 * j) + 0.5 * np.cos(5 * i * j) for j in range(3)] for i in range(6)])
Y = np.array([[np.cos(i - 2 * j) + 0.3 * np.sin(2 * i * j) for j in range(3)] for i in range(6)])
START = {
    "a.weight": np.array([[0.5 * np.sin(1.7 * i + 0.9 * j) for j in range(4)] for i in range(3)]),
    "a.bias": np.array([0.1 * np.cos(i) for i in range(4)]),
    "b.weight": np.array([[0.6 * np.cos(0.8 * i + 2.1 * j) for j in range(3)] for i in range(4)]),
}


def flat(d):
    return np.concatenate([d[k].reshape(-1) for k in SHAPES])


def split(v):
    out, at = {}, 0
    for k, s in SHAPES.items():
        n = int(np.prod(s))
        out[k] = v[at : at + n].reshape(s)
        at += n
    return out


def passes(w, noise=None):
    """The loss, and the gradients with respect to the weights and to what the matrices give. With noise the
    targets are what the network gives with that added."""
    z = X @ w["a.weight"] + w["a.bias"]
    h = np.tanh(z)
    r = h @ w["b.weight"] - Y if noise is None else -noise
    dy = r / r.size
    dz = (dy @ w["b.weight"].T) * (1 - h * h)
    g = {"a.weight": X.T @ dz, "a.bias": dz.sum(0), "b.weight": h.T @ dy}
    inside = {"a.weight": (X, dz), "b.weight": (h, dy)}
    return 0.5 * np.mean(r * r), g, inside


def gradient(v):
    return flat(passes(split(v))[1])


def hvp(v, u):
    return np.imag(gradient(v + 1e-30j * u)) / 1e-30


def adam_rest(s, g, h, eta, t, prefix="rest/"):
    b1, b2, eps = h.get(prefix + "beta1", 0.9), h.get(prefix + "beta2", 0.999), h.get(prefix + "eps", 1e-8)
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    return -eta * h.get("rest_factor", 1) * (s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + eps)


def newton_schulz(d, steps, eps):
    x = d / max(np.linalg.norm(d), eps)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


def muon(s, w, g, h, eta, t, at):
    mu = h["momentum"]
    s["m"] = mu * s.get("m", 0) + (1 - mu) * g
    d = mu * s["m"] + (1 - mu) * g if h.get("nesterov", True) else s["m"]
    n_in, n_out = g.shape
    factor = 0.2 * max(n_in, n_out) ** 0.5 if h.get("match_rms") else max(1, n_out / n_in) ** 0.5
    return -eta * factor * newton_schulz(d, h.get("ns_steps", 5), 1e-7) - eta * h["weight_decay"] * w


def scion(s, w, g, h, eta, t, at):
    a = h["scion_alpha"]
    s["d"] = (1 - a) * s.get("d", 0) + a * g
    n_in, n_out = g.shape
    step = -eta * (n_out / n_in) ** 0.5 * newton_schulz(s["d"], 5, 1e-7)
    return step - eta * w if h.get("constrained") else step


def signum_rest(s, g, h, eta, t):
    b = h.get("rest/momentum", 0.9)
    s["m"] = b * s.get("m", 0) + (1 - b) * g
    return -eta * h.get("rest_factor", 1) * np.sign(s["m"])


def root(a, power, floor):
    lam, v = np.linalg.eigh(a)
    return (v * np.maximum(lam, floor) ** power) @ v.T


def shampoo(s, w, g, h, eta, t, at):
    eps, side = h["shampoo_eps"], h.get("max_side", 512)
    use = [n <= side for n in g.shape]
    if t == 1:
        s["L"], s["R"] = eps * np.eye(g.shape[0]), eps * np.eye(g.shape[1])
    s["L"], s["R"] = s["L"] + g @ g.T, s["R"] + g.T @ g
    if t <= h["every"] or (t - 1) % h["every"] == 0:
        power = -1 / (2 * sum(use)) if sum(use) else 0
        s["Lr"] = root(s["L"], power, eps) if use[0] else np.eye(g.shape[0])
        s["Rr"] = root(s["R"], power, eps) if use[1] else np.eye(g.shape[1])
    return -eta * s["Lr"] @ g @ s["Rr"]


def eigenvectors(a):
    lam, v = np.linalg.eigh(a)
    v = v[:, ::-1]
    return v * np.sign(v[np.abs(v).argmax(0), np.arange(v.shape[1])])


def orthonormal(a):
    q, r = np.linalg.qr(a)
    return q * np.sign(np.diag(r))


def soap(s, w, g, h, eta, t, at):
    b1, b2, eps, side = h["soap_beta1"], h["soap_beta2"], h["soap_eps"], h.get("max_side", 512)
    m, n = g.shape
    zero = {"L": np.zeros((m, m)), "R": np.zeros((n, n)), "M": np.zeros_like(g), "V": np.zeros_like(g)}
    for k, v in zero.items():
        s.setdefault(k, v)
    step = np.zeros_like(g)
    if t > 1:
        turned = s["Ql"].T @ g @ s["Qr"]
        s["M"] = b1 * s["M"] + (1 - b1) * g
        s["V"] = b2 * s["V"] + (1 - b2) * turned**2
        mean = s["Ql"].T @ s["M"] @ s["Qr"] / (1 - b1 ** (t - 1))
        n_ = mean / (np.sqrt(s["V"] / (1 - b2 ** (t - 1))) + eps)
        step = -eta * s["Ql"] @ n_ @ s["Qr"].T
    s["L"] = b2 * s["L"] + (1 - b2) * g @ g.T
    s["R"] = b2 * s["R"] + (1 - b2) * g.T @ g
    if t == 1:
        s["Ql"] = eigenvectors(s["L"]) if m <= side else np.eye(m)
        s["Qr"] = eigenvectors(s["R"]) if n <= side else np.eye(n)
    elif (t - 1) % h["every"] == 0:
        if m <= side:
            s["Ql"] = orthonormal(s["L"] @ s["Ql"])
        if n <= side:
            s["Qr"] = orthonormal(s["R"] @ s["Qr"])
    return step


def galore(s, w, g, h, eta, t, at):
    b1, b2, eps = h["galore_beta1"], h["galore_beta2"], h["galore_eps"]
    tall = g.shape[0] > g.shape[1]
    x = g.T if tall else g
    if (t - 1) % h["every"] == 0:
        u = np.linalg.svd(x)[0][:, : h["rank"]]
        s["P"] = u * np.sign(u[np.abs(u).argmax(0), np.arange(u.shape[1])])
    r = s["P"].T @ x
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * r
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * r * r
    d = s["P"] @ ((s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + eps))
    return -eta * h.get("galore_scale", 1) * (d.T if tall else d)


def lower_bound(a):
    """Of the largest eigenvalue of a symmetric matrix, by its longest row."""
    top = np.abs(a).max()
    a = a / top
    x = a[np.argmax((a * a).sum(1))] @ a
    return top * np.linalg.norm(x / np.linalg.norm(x) @ a)


def psgd(s, w, g, h, eta, t, at):
    """Factors as whole matrices, a diagonal one too; its noise is one draw for both matrices."""
    b, rho, side = h["psgd_beta"], h["fit_rate"], h.get("max_side", 512)
    s["M"] = b * s.get("M", 0) + (1 - b) * g
    mean = s["M"] / (1 - b**t)
    q = s.setdefault("Q", [np.eye(n) for n in g.shape])
    if (t - 1) % h["every"] == 0:
        from_, to = (0, 12) if g.shape == (3, 4) else (12, 24)
        v = np.array(philox.normal("optim/psgd/probe", t, 24)[from_:to]).reshape(g.shape)
        x, y = q[0] @ mean @ q[1].T, np.linalg.inv(q[0]).T @ v @ np.linalg.inv(q[1])
        new = []
        for i, (xx, yy) in enumerate([(x @ x.T, y @ y.T), (x.T @ x, y.T @ y)]):
            if g.shape[i] <= side:
                new.append(q[i] - rho * np.triu(xx - yy) @ q[i] / lower_bound(xx + yy))
            else:
                d = np.diag(q[i])
                new.append(np.diag(d - rho * np.diag(xx - yy) * d / np.diag(xx + yy).max()))
        sizes = [np.abs(m).max() for m in new]
        q[:] = [m * np.sqrt(sizes[0] * sizes[1]) / size for m, size in zip(new, sizes)]
    u = q[0].T @ q[0] @ mean @ q[1].T @ q[1]
    return -eta * u * min(1, h.get("limit_rms", 1.1) / (np.sqrt(np.mean(u * u)) + 1e-6))


# rule -> (matrices, rest, rate, hyper-parameters)
MATRIX = {
    "muon": (muon, adam_rest, 0.02, [
        {"momentum": 0.8, "weight_decay": 0.1, "rest_factor": 0.5, "beta1": 0.7},
        {"momentum": 0.95, "weight_decay": 0.0, "nesterov": False, "match_rms": True, "ns_steps": 3},
    ]),
    "scion": (scion, signum_rest, 0.02, [
        {"scion_alpha": 0.2, "rest_factor": 0.3},
        {"scion_alpha": 0.5, "constrained": True},
    ]),
    "shampoo": (shampoo, adam_rest, 0.05, [
        {"shampoo_eps": 1e-2, "every": 1, "rest_factor": 0.1},
        {"shampoo_eps": 1e-3, "every": 7, "max_side": 3, "rest_factor": 0.2},
        {"shampoo_eps": 1e-3, "every": 7, "rest_factor": 0.2},
    ]),
    "soap": (soap, adam_rest, 0.01, [
        {"soap_beta1": 0.8, "soap_beta2": 0.9, "soap_eps": 1e-3, "every": 3},
        {"soap_beta1": 0.95, "soap_beta2": 0.95, "soap_eps": 1e-2, "every": 10, "max_side": 3},
    ]),
    "psgd": (psgd, adam_rest, 0.01, [
        {"psgd_beta": 0.8, "fit_rate": 0.05, "every": 3},
        {"psgd_beta": 0.95, "fit_rate": 0.1, "every": 1, "max_side": 3, "rest_factor": 0.5},
        {"psgd_beta": 0.9, "fit_rate": 0.1, "every": 1, "limit_rms": 0.5},
    ]),
    "galore": (galore, adam_rest, 0.01, [
        {"galore_beta1": 0.8, "galore_beta2": 0.99, "galore_eps": 1e-6, "rank": 2, "every": 20},
        {"galore_beta1": 0.9, "galore_beta2": 0.9, "galore_eps": 1e-3, "rank": 1, "every": 9, "galore_scale": 0.5},
    ]),
}


def by_role(matrices, rest):
    """A rule for the two matrices, each with its own memory, and one for the bias."""

    def update(s, w, h, eta, t):
        _, g, inside = passes(split(w))
        h = {**h, **{"rest/" + k: v for k, v in h.items() if k in ("beta1", "beta2", "eps")}}
        parts, out = split(w), {}
        for k in SHAPES:
            own = s.setdefault(k, {})
            if k.endswith("weight"):
                out[k] = matrices(own, parts[k], g[k], h, eta, t, inside[k])
            else:
                out[k] = rest(own, g[k], h, eta, t)
        return flat(out)

    return update


def drawn(stream, w, t):
    """The gradients for targets drawn from what the network gives: 18 of them, with variance 1."""
    noise = np.array(philox.normal(stream, t, Y.size)).reshape(Y.shape)
    return passes(split(w), noise)


def sophia_estimate(w, h, t):
    if h.get("gauss_newton"):
        return Y.size * flat(drawn("optim/sophia/targets1", w, t)[1]) ** 2
    u = np.array(philox.normal("optim/sophia/probe", t, w.size))
    return u * hvp(w, u)


def kfac(s, w, h, eta, t):
    """Both layers, the first with its bias as a last input of 1: the Kronecker factors row by row."""
    _, g, own = passes(split(w))
    inside = own if h.get("empirical") else drawn("optim/kfac/targets1", w, t)[2]
    with_bias = {"a": True, "b": False}
    grads = {"a": np.vstack([g["a.weight"], g["a.bias"]]), "b": g["b.weight"]}
    steps, total = {}, 0.0
    for k, bias in with_bias.items():
        m = s.setdefault(k, {})
        rows, slopes = inside[k + ".weight"]
        if bias:
            rows = np.hstack([rows, np.ones((len(rows), 1))])
        every = h.get("factors_every", 1)
        if (t - 1) % every == 0:
            rho = min(1 - 1 / ((t - 1) // every + 1), h["stat_decay"])
            new_a = sum(np.outer(r, r) for r in rows) / len(rows)
            new_g = Y.size * sum(np.outer(d, d) for d in slopes)
            side = h.get("max_side", 1024)
            new_a, new_g = [x if len(x) <= side else np.diag(np.diag(x)) for x in (new_a, new_g)]
            m["A"], m["G"] = rho * m.get("A", 0) + (1 - rho) * new_a, rho * m.get("G", 0) + (1 - rho) * new_g
        if t <= 3 or (t - 1) % h["every"] == 0:
            pi = np.sqrt((np.trace(m["A"]) / len(m["A"])) / (np.trace(m["G"]) / len(m["G"])))
            lam = np.sqrt(h["damping"])
            m["Ai"] = np.linalg.inv(m["A"] + pi * lam * np.eye(len(m["A"])))
            m["Gi"] = np.linalg.inv(m["G"] + lam / pi * np.eye(len(m["G"])))
        steps[k] = m["Ai"] @ grads[k] @ m["Gi"]
        total += np.sum(steps[k] * grads[k])
    nu = min(1, np.sqrt(h["kl_clip"] / (eta * eta * total)))
    u = flat({"a.weight": steps["a"][:3], "a.bias": steps["a"][3], "b.weight": steps["b"]})
    s["v"] = h["kfac_momentum"] * s.get("v", 0) - eta * nu * u
    return s["v"]


def sophia(s, w, h, eta, t):
    g, b1, b2 = gradient(w), h["beta1"], h["beta2"]
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s.setdefault("h", np.zeros_like(w))
    if (t - 1) % h["every"] == 0:
        s["h"] = b2 * s["h"] + (1 - b2) * sophia_estimate(w, h, t)
    return -eta * np.clip(s["m"] / np.maximum(h["gamma"] * s["h"], h["eps"]), -1, 1)


def adahessian(s, w, h, eta, t):
    g, b1, b2 = gradient(w), h["beta1"], h["beta2"]
    z = np.array(philox.signs("optim/ada_hessian/probe", t, w.size))
    if t <= h.get("every", 1) or (t - 1) % h.get("every", 1) == 0:
        s["d"] = z * hvp(w, z)
    d = s["d"]
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * d * d
    return -eta * (s["m"] / (1 - b1**t)) / ((s["v"] / (1 - b2**t)) ** (h["hessian_power"] / 2) + h["eps"])


CURVATURE = {
    "sophia": (sophia, 0.01, [
        {"beta1": 0.8, "beta2": 0.9, "gamma": 0.5, "eps": 1e-3, "every": 3},
        {"beta1": 0.96, "beta2": 0.99, "gamma": 5.0, "eps": 1e-2, "every": 1},
        {"beta1": 0.9, "beta2": 0.95, "gamma": 2.0, "eps": 1e-3, "every": 4, "gauss_newton": True},
    ]),
    "kfac": (kfac, 0.1, [
        {"kfac_momentum": 0.8, "stat_decay": 0.9, "damping": 0.1, "kl_clip": 0.01, "every": 5},
        {"kfac_momentum": 0.5, "stat_decay": 0.95, "damping": 0.03, "kl_clip": 1e-3, "every": 6, "factors_every": 3},
        {"kfac_momentum": 0.5, "stat_decay": 0.95, "damping": 0.03, "kl_clip": 1e-3, "every": 6, "factors_every": 2, "max_side": 3},
        {"kfac_momentum": 0.9, "stat_decay": 0.8, "damping": 0.3, "kl_clip": 10.0, "every": 1, "empirical": True},
    ]),
    "adahessian": (adahessian, 0.02, [
        {"beta1": 0.8, "beta2": 0.99, "eps": 1e-2, "hessian_power": 1.0},
        {"beta1": 0.9, "beta2": 0.999, "eps": 1e-3, "hessian_power": 0.5},
        {"beta1": 0.9, "beta2": 0.99, "eps": 1e-2, "hessian_power": 1.0, "every": 4},
    ]),
}
