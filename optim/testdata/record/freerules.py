"""Rules that look at all of w at once: by layer, by matrix, without a rate, without a gradient.

Each is written from the equations of its paper. A rule is a function
(S, w, E, h, eta, t, R) -> new w, where S is its memory, E the error of this update: E(w)
is its gradient, E.value(w) itself, E.layers the layers (start, end, rows, columns), rows = 0
for a vector. by_layer() makes one of a rule for a single layer, (S, w, g, shape, h, eta, t, R).
"""

import philox


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def norm(v, R):
    return R.sqrt(dot(v, v) + R.num(0.0))


def adam_moments(S, g, h, t):
    """Bias-corrected mean and mean square, as lists."""
    b1, b2 = h["beta1"], h["beta2"]
    S["m"] = [b1 * m + (1 - b1) * x for m, x in zip(S.get("m", [0] * len(g)), g)]
    S["v"] = [b2 * v + (1 - b2) * x * x for v, x in zip(S.get("v", [0] * len(g)), g)]
    return [m / (1 - b1**t) for m in S["m"]], [v / (1 - b2**t) for v in S["v"]]


def by_layer(rule):
    def whole(S, w, E, h, eta, t, R):
        g, out = E(w), []
        for i, (lo, hi, rows, cols) in enumerate(E.layers):
            out += rule(S.setdefault(i, {}), w[lo:hi], g[lo:hi], (rows, cols), h, eta, t, R)
        return out

    return whole


# Neelakantan et al. 2015: normal noise of variance noise/(1+t)^decay, t from 0.
def noisy_sgd(S, w, E, h, eta, t, R):
    sigma = R.sqrt(h["noise"] / R.num(float(t)) ** h["noise_decay"])
    xi = philox.normal("optim/before/noise/noise/noise", t, len(w))
    return [wi - eta * (g + sigma * R.num(x)) for wi, g, x in zip(w, E(w), xi)]


# Spall 1992 with a Bernoulli direction and his gains.
def spsa(S, w, E, h, eta, t, R):
    eta = eta * ((h["stability"] + 1) / (h["stability"] + t)) ** h["alpha"]
    c = h["perturbation"] / R.num(float(t)) ** h["gamma"]
    d = [-1 if u < 0.5 else 1 for u in philox.uniform("optim/spsa/direction", t, len(w))]
    up, down = ([wi + sign * c * di for wi, di in zip(w, d)] for sign in (1, -1))
    slope = (E.value(up) - E.value(down)) / (2 * c)
    return [wi - eta * slope / di for wi, di in zip(w, d)]


# Agarwal et al. 2020, Algorithm 1: Adam's direction with the length, layer by layer, of gradient descent's or heavy ball's.
def graft(S, w, E, h, eta, t, R):
    g = E(w)
    m, v = adam_moments(S, g, h, t)
    direction = [-eta * x / (R.sqrt(y) + h["eps"]) for x, y in zip(m, v)]
    momentum = h["momentum"] if h["graft"] == "momentum" else 0
    S["d"] = length = [momentum * d - eta * x for d, x in zip(S.get("d", [0] * len(g)), g)]
    out = []
    for lo, hi, _, _ in E.layers:
        d = norm(direction[lo:hi], R)
        scale = norm(length[lo:hi], R) / d if d else 0
        out += [a + scale * b for a, b in zip(w[lo:hi], direction[lo:hi])]
    return out


# Loizou et al. 2021, SPSmax with c = 1.
def polyak(S, w, E, h, eta, t, R):
    g = E(w)
    step = min(eta, max(E.value(w) - h["f_min"], R.num(0.0)) / (dot(g, g) + h["eps"]))
    return [wi - step * gi for wi, gi in zip(w, g)]


# Yuan et al. 2024, Algorithm 2 with the approximate gradient at the last weights.
@by_layer
def mars(S, w, g, shape, h, eta, t, R):
    b1 = h["beta1"]
    last = S.get("g", g)
    S["g"] = g
    c = [x + h["gamma"] * b1 / (1 - b1) * (x - y) for x, y in zip(g, last)]
    n = norm(c, R)
    if n > 1:
        c = [x / n for x in c]
    m, v = adam_moments(S, c, h, t)
    return [wi - eta * mi / (R.sqrt(vi) + h["eps"]) for wi, mi, vi in zip(w, m, v)]


# Bernstein et al. 2020, Algorithm 1.
@by_layer
def fromage(S, w, g, shape, h, eta, t, R):
    a, b = norm(w, R), norm(g, R)
    turn = a / b if a != 0 and b != 0 else 1
    return [(wi - eta * turn * gi) / R.sqrt(1 + eta * eta) for wi, gi in zip(w, g)]


# Wortsman et al. 2023, Algorithm 2: debiased memories instead of corrected means.
@by_layer
def stable_adamw(S, w, g, shape, h, eta, t, R):
    def memory(b):
        return b * (1 - b ** (t - 1)) / (1 - b**t)

    b1, b2 = memory(h["beta1"]), memory(h["beta2"])
    S["v"] = [b1 * v + (1 - b1) * x for v, x in zip(S.get("v", [0] * len(g)), g)]
    S["u"] = [b2 * u + (1 - b2) * x * x for u, x in zip(S.get("u", [0] * len(g)), g)]
    rms = R.sqrt(sum(x * x / max(u, h["eps"] ** 2) for x, u in zip(g, S["u"])) / len(g))
    rate = eta / max(1, rms)
    return [wi - rate * h["weight_decay"] * wi - rate * v / (R.sqrt(u) + h["eps"]) for wi, v, u in zip(w, S["v"], S["u"])]


# Zhang et al. 2024, Algorithm 1: a block is what feeds one output; a vector is one block.
@by_layer
def adam_mini(S, w, g, shape, h, eta, t, R):
    rows, cols = shape
    b1, b2 = h["beta1"], h["beta2"]
    blocks = [range(j, len(w), cols) for j in range(cols)] if rows else [range(len(w))]
    S["m"] = [b1 * m + (1 - b1) * x for m, x in zip(S.get("m", [0] * len(g)), g)]
    S.setdefault("v", [0] * len(blocks))
    out = list(w)
    for k, block in enumerate(blocks):
        S["v"][k] = b2 * S["v"][k] + (1 - b2) * sum(g[i] * g[i] for i in block) / len(block)
        root = R.sqrt(S["v"][k] / (1 - b2**t)) + h["eps"]
        for i in block:
            out[i] = w[i] - eta * S["m"][i] / (1 - b1**t) / root
    return out


def row_means(x, rows, cols):
    return [sum(x[i * cols : (i + 1) * cols]) / cols for i in range(rows)]


def col_means(x, rows, cols):
    return [sum(x[j::cols]) / rows for j in range(cols)]


def average(S, key, b, x):
    S[key] = [b * a + (1 - b) * y for a, y in zip(S.get(key, [0] * len(x)), x)]
    return S[key]


def square_estimate(S, name, b, x, shape, floor=None):
    """The moving average of x: whole for a vector, its rank-1 estimate for a matrix."""
    rows, cols = shape
    if not rows:
        return average(S, name, b, x)
    r = average(S, name + "R", b, row_means(x, rows, cols))
    c = average(S, name + "C", b, col_means(x, rows, cols))
    mean = sum(r) / rows
    if floor is not None:
        mean = max(mean, floor)
    return [ri * cj / mean for ri in r for cj in c]


def rms(x, R):
    return norm(x, R) / R.sqrt(R.num(float(len(x))))


# Shazeer and Stern 2018, Algorithms 4 and 5 with relative step sizes; PyTorch's documented form.
def adafactor(form):
    @by_layer
    def rule(S, w, g, shape, h, eta, t, R):
        b = 1 - R.num(float(t)) ** -h["beta2_decay"]
        if form == "torch":
            v = square_estimate(S, "v", b, [x * x for x in g], shape, h["eps1"])
            v = [max(x, h["eps1"] ** 2) for x in v]
            eta = min(eta, 1 / R.sqrt(R.num(float(t))))
        else:
            v = square_estimate(S, "v", b, [x * x + h["eps1"] for x in g], shape)
        u = [x / R.sqrt(y) for x, y in zip(g, v)]
        clip = max(1, rms(u, R) / h["clip"])
        alpha = max(h["eps2"], rms(w, R)) * eta
        return [wi - alpha * ui / clip for wi, ui in zip(w, u)]

    return rule


# Luo et al. 2023, Algorithm 2.
@by_layer
def came(S, w, g, shape, h, eta, t, R):
    v = square_estimate(S, "v", h["beta2"], [x * x + h["eps1"] for x in g], shape)
    u = [x / R.sqrt(y) for x, y in zip(g, v)]
    clip = max(1, rms(u, R) / h["clip"])
    u = [x / clip for x in u]
    m = average(S, "m", h["beta1"], u)
    if shape[0]:
        s = square_estimate(S, "s", h["beta3"], [(x - y) ** 2 + h["eps2"] for x, y in zip(u, m)], shape)
        m = [x / R.sqrt(y) for x, y in zip(m, s)]
    return [wi - eta * x for wi, x in zip(w, m)]


# Anil et al. 2019, SM3-II, the cover of a matrix being its rows and its columns.
@by_layer
def sm3(S, w, g, shape, h, eta, t, R):
    rows, cols = shape
    if rows:
        r, c = S.get("R", [0] * rows), S.get("C", [0] * cols)
        v = [min(r[i // cols], c[i % cols]) + x * x for i, x in enumerate(g)]
        S["R"] = [max(v[i * cols : (i + 1) * cols]) for i in range(rows)]
        S["C"] = [max(v[j::cols]) for j in range(cols)]
    else:
        v = S["R"] = [a + x * x for a, x in zip(S.get("R", [0] * len(g)), g)]
    m = average(S, "m", h["momentum"], [x / R.sqrt(y + h["eps"]) for x, y in zip(g, v)])
    return [wi - eta * x for wi, x in zip(w, m)]


# Ivgi et al. 2023.
def dog(S, w, E, h, eta, t, R):
    if t == 1:
        S.update(x0=w, r=h["initial"] * (1 + norm(w, R)), G=0)
    g = E(w)
    S["r"] = max(S["r"], norm([a - b for a, b in zip(w, S["x0"])], R))
    S["G"] = S["G"] + dot(g, g)
    rate = eta * S["r"] / R.sqrt(S["G"] + h["eps"])
    return [wi - rate * gi for wi, gi in zip(w, g)]


# Khaled et al. 2023, Algorithm 1; eps as in Optax.
def dowg(S, w, E, h, eta, t, R):
    if t == 1:
        S.update(x0=w, r=h["initial"], v=0)
    g = E(w)
    S["r"] = max(S["r"], norm([a - b for a, b in zip(w, S["x0"])], R))
    S["v"] = S["v"] + S["r"] ** 2 * dot(g, g)
    rate = eta * S["r"] ** 2 / (R.sqrt(S["v"]) + h["eps"])
    return [wi - rate * gi for wi, gi in zip(w, g)]


# Defazio and Mishchenko 2023, the authors' DAdaptSGD, version 3.
def dadapt_sgd(S, w, E, h, eta, t, R):
    g = E(w)
    if t == 1:
        S.update(x0=w, s=[0] * len(w), r=0, d=h["d0"], g0=norm(g, R))
    rate = S["d"] * eta / S["g0"]
    S["r"] = S["r"] + rate * dot(g, S["s"])
    S["s"] = [a + rate * b for a, b in zip(S["s"], g)]
    n = norm(S["s"], R)
    if n != 0:
        S["d"] = max(S["d"], 2 * S["r"] / n)
    b = h["momentum"]
    return [b * wi + (1 - b) * (x0 - s) for wi, x0, s in zip(w, S["x0"], S["s"])]


# Defazio and Mishchenko 2023, Algorithm 5, with Adam's bias correction in the rate.
def dadapt_adam(S, w, E, h, eta, t, R):
    g, b1, b2, eps = E(w), h["beta1"], h["beta2"], h["eps"]
    if t == 1:
        S.update(m=[0] * len(w), v=[0] * len(w), s=[0] * len(w), r=0, d=h["d0"])
    b = R.sqrt(b2)
    rate = S["d"] * eta * R.sqrt(1 - b2**t) / (1 - b1**t)
    ahead = sum(gi * si / (R.sqrt(R.num(0.0) + vi) + eps) for gi, si, vi in zip(g, S["s"], S["v"]))
    S["r"] = b * S["r"] + (1 - b) * rate * ahead
    S["m"] = [b1 * m + (1 - b1) * rate * x for m, x in zip(S["m"], g)]
    S["v"] = [b2 * v + (1 - b2) * x * x for v, x in zip(S["v"], g)]
    S["s"] = [b * s + (1 - b) * rate * x for s, x in zip(S["s"], g)]
    size = sum(abs(s) for s in S["s"])
    if size != 0:
        S["d"] = max(S["d"], S["r"] / ((1 - b) * size))
    return [wi - m / (R.sqrt(v) + eps) for wi, m, v in zip(w, S["m"], S["v"])]


# Mishchenko and Defazio 2023, Algorithm 4, the new d beside eps as in the authors' code.
def prodigy(form):
    def rule(S, w, E, h, eta, t, R):
        g, b1, b2 = E(w), h["beta1"], h["beta2"]
        if t == 1:
            S.update(x0=w, m=[0] * len(w), v=[0] * len(w), s=[0] * len(w), r=0, d=h["d0"])
        b, d = R.sqrt(b2), S["d"]
        if form == "optax":
            eta = eta * R.sqrt(1 - b2**t) / (1 - b1**t)
        S["m"] = [b1 * m + (1 - b1) * d * x for m, x in zip(S["m"], g)]
        S["v"] = [b2 * v + (1 - b2) * d * d * x * x for v, x in zip(S["v"], g)]
        S["r"] = b * S["r"] + (1 - b) * eta * d * d * dot(g, [a - c for a, c in zip(S["x0"], w)])
        S["s"] = [b * s + (1 - b) * eta * d * d * x for s, x in zip(S["s"], g)]
        size = sum(abs(s) for s in S["s"])
        if size != 0:
            S["d"] = max(d, h["d_coef"] * S["r"] / size)
        return [wi - eta * d * m / (R.sqrt(v) + S["d"] * h["eps"]) for wi, m, v in zip(w, S["m"], S["v"])]

    return rule


# Schaipp et al. 2023, Algorithm 1 without decay.
def momo(S, w, E, h, eta, t, R):
    g, f = E(w), E.value(w)
    b = h["beta"] if t > 1 else R.num(0.0)
    S["f"] = b * S.get("f", 0) + (1 - b) * f
    S["c"] = b * S.get("c", 0) + (1 - b) * dot(g, w)
    S["m"] = [b * m + (1 - b) * x for m, x in zip(S.get("m", [0] * len(w)), g)]
    gap = max(S["f"] - h["f_min"] - S["c"] + dot(S["m"], w), 0)
    step = min(eta, gap / dot(S["m"], S["m"]))
    return [wi - step * m for wi, m in zip(w, S["m"])]


# Schaipp et al. 2023, Algorithm 3 without decay.
def momo_adam(S, w, E, h, eta, t, R):
    g, f, b = E(w), E.value(w), h["beta1"]
    mhat, vhat = adam_moments(S, g, h, t)
    S["f"] = b * S.get("f", 0) + (1 - b) * f
    S["c"] = b * S.get("c", 0) + (1 - b) * dot(g, w)
    D = [R.sqrt(v) + h["eps"] for v in vhat]
    m, one = S["m"], 1 - b**t
    gap = max(S["f"] - one * h["f_min"] - S["c"] + dot(m, w), 0)
    step = min(eta / one, gap / sum(x * x / d for x, d in zip(m, D)))
    return [wi - step * x / d for wi, x, d in zip(w, m, D)]


# Cutkosky et al. 2023, Algorithm 1 with the clipping of the authors' code, around gradient descent with momentum.
def mechanic(S, w, E, h, eta, t, R):
    g, n = E(w), int(h["mechanic_count"])
    if t == 1:
        S.update(x0=w, sum=[0] * len(w), s=[h["mechanic"]] * n, m=[0] * n, v=[0] * n, r=[0] * n, d=[0] * len(w))
    S["d"] = [h["momentum"] * d - eta * x for d, x in zip(S["d"], g)]
    eps, sigma = h["mechanic_eps"], sum(S["s"])
    decay = h["mechanic_decay"] * sigma * norm(g, R) / (norm(w, R) + eps)
    H = -dot([gi + decay * wi for gi, wi in zip(g, w)], S["sum"])
    S["sum"] = [a + b for a, b in zip(S["sum"], S["d"])]
    for i in range(n):
        b = R.num(1 - 0.1 ** (i + 1))
        clipped = min(max(H, -S["m"][i]), S["m"][i])
        S["m"][i] = max(b * S["m"][i], abs(H) + eps)
        S["v"][i] = b * b * S["v"][i] + H * H
        S["r"][i] = b * S["r"][i] + clipped * S["s"][i]
        wealth = h["mechanic"] / n * S["m"][i] + max(S["r"][i], 0)
        S["s"][i] = wealth / (R.sqrt(R.num(0.0) + S["v"][i]) + eps)
    sigma = sum(S["s"])
    return [a + sigma * b for a, b in zip(S["x0"], S["sum"])]
