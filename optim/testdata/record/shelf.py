"""The rest of the shelf: every rule as the equations of its paper, coordinate by coordinate.

A rule is a function of one coordinate: s is its own memory (0 where nothing has
been stored), w and g are numbers, h the hyper-parameters, eta the rate of this
update, t = 1, 2, ... the update's number. It returns the step Δw.
"""


class Memory(dict):
    def __missing__(self, key):
        return 0


def sign(x):
    return (x > 0) - (x < 0)


def moments(s, g, h, t):
    """Adam's bias-corrected mean and mean square."""
    b1, b2 = h["beta1"], h["beta2"]
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["v"] = b2 * s["v"] + (1 - b2) * g * g
    return s["m"] / (1 - b1**t), s["v"] / (1 - b2**t)


def adadelta(s, w, g, h, eta, t, R):
    rho, eps = h["rho"], h["eps"]
    s["Eg2"] = rho * s["Eg2"] + (1 - rho) * g * g
    dx = -R.sqrt(s["Ex2"] + eps) / R.sqrt(s["Eg2"] + eps) * g
    s["Ex2"] = rho * s["Ex2"] + (1 - rho) * dx * dx
    return eta * dx


def rmsprop_momentum(form):
    def rule(s, w, g, h, eta, t, R):
        s["v"] = h["beta"] * s["v"] + (1 - h["beta"]) * g * g
        v = s["v"]
        if h.get("centered"):
            s["m"] = h["beta"] * s["m"] + (1 - h["beta"]) * g
            v = max(v - s["m"] * s["m"], 0)
        if form == "optax":
            d = g / R.sqrt(v + h["eps"])
        else:
            d = g / (R.sqrt(v) + h["eps"])
        if form == "torch":
            s["b"] = h["momentum"] * s["b"] + d
            return -eta * s["b"]
        s["b"] = h["momentum"] * s["b"] + eta * d
        return -s["b"]

    return rule


def rprop(s, w, g, h, eta, t, R):
    if t == 1:
        s["size"] = eta
    change = sign(g) * sign(s["g"])
    if change > 0:
        s["size"] *= h["eta_plus"]
    if change < 0:
        s["size"] *= h["eta_minus"]
        g = R.num(0.0)
    s["size"] = min(max(s["size"], h["step_min"]), h["step_max"])
    s["g"] = g
    return -s["size"] * sign(g)


def amsgrad(form):
    def rule(s, w, g, h, eta, t, R):
        m, vhat = moments(s, g, h, t)
        if form == "optax":
            s["top"] = max(s["top"], vhat)
            return -eta * m / (R.sqrt(s["top"]) + h["eps"])
        s["top"] = max(s["top"], s["v"])
        return -eta * m / (R.sqrt(s["top"] / (1 - h["beta2"] ** t)) + h["eps"])

    return rule


def adamax(s, w, g, h, eta, t, R):
    s["m"] = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
    s["u"] = max(h["beta2"] * s["u"], abs(g) + h["eps"])
    return -eta / (1 - h["beta1"] ** t) * s["m"] / s["u"]


def nadam(form):
    def rule(s, w, g, h, eta, t, R):
        b1 = h["beta1"]
        m, vhat = moments(s, g, h, t)
        root = R.sqrt(vhat) + h["eps"]
        if form == "optax":
            return -eta * (b1 * s["m"] / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)) / root

        def mu(t):
            return b1 * (1 - R.num(0.5) * R.num(0.96) ** (t * h["momentum_decay"]))

        s["P"] = mu(t) * (s["P"] if t > 1 else 1)
        return -eta * (mu(t + 1) * s["m"] / (1 - s["P"] * mu(t + 1)) + (1 - mu(t)) * g / (1 - s["P"])) / root

    return rule


def decoupled(rule):
    return lambda s, w, g, h, eta, t, R: rule(s, w, g, h, eta, t, R) - eta * h["weight_decay"] * w


def radam(form):
    def rule(s, w, g, h, eta, t, R):
        b2 = h["beta2"]
        m, vhat = moments(s, g, h, t)
        limit = 2 / (1 - b2) - 1
        rho = limit - 2 * t * b2**t / (1 - b2**t)
        if rho <= h["threshold"]:
            return -eta * m
        r = R.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
        if form == "torch":
            return -eta * m * r * R.sqrt(1 - b2**t) / (R.sqrt(s["v"]) + h["eps"])
        return -eta * m * r / (R.sqrt(vhat) + h["eps"])

    return rule


def adabelief(s, w, g, h, eta, t, R):
    b1, b2 = h["beta1"], h["beta2"]
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["s"] = b2 * s["s"] + (1 - b2) * (g - s["m"]) ** 2 + h["eps_root"]
    return -eta * (s["m"] / (1 - b1**t)) / (R.sqrt(s["s"] / (1 - b2**t)) + h["eps"])


def yogi(s, w, g, h, eta, t, R):
    b1, b2 = h["beta1"], h["beta2"]
    if t == 1:
        s["v"] = h["initial"]
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["v"] = s["v"] - (1 - b2) * sign(s["v"] - g * g) * g * g
    return -eta * (s["m"] / (1 - b1**t)) / (R.sqrt(s["v"] / (1 - b2**t)) + h["eps"])


def lion(s, w, g, h, eta, t, R):
    c = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
    s["m"] = h["beta2"] * s["m"] + (1 - h["beta2"]) * g
    return -eta * sign(c)


def adan(s, w, g, h, eta, t, R):
    # The paper's β are 1 - these.
    b1, b2, b3 = h["beta1"], h["beta2"], h["beta3"]
    diff = g - s["g"] if t > 1 else 0
    s["g"] = g
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["v"] = b2 * s["v"] + (1 - b2) * diff
    s["n"] = b3 * s["n"] + (1 - b3) * (g + b2 * diff) ** 2
    root = R.sqrt(s["n"] / (1 - b3**t)) + h["eps"]
    return -eta * (s["m"] / (1 - b1**t) + b2 * s["v"] / (1 - b2**t)) / root


def ademamix(s, w, g, h, eta, t, R):
    b1, b3, alpha = h["beta1"], h["beta3"], h["alpha"]
    m, vhat = moments(s, g, h, t)
    if t - 1 < h["mix_steps"]:
        x = (t - 1) / h["mix_steps"]
        alpha = alpha * x
        b3 = R.exp(R.log(b1) * R.log(b3) / ((1 - x) * R.log(b3) + x * R.log(b1)))
    s["m2"] = b3 * s["m2"] + (1 - b3) * g
    return -eta * (m + alpha * s["m2"]) / (R.sqrt(vhat) + h["eps"])


def adopt(s, w, g, h, eta, t, R):
    if t == 1:
        s["v"] = g * g
        return R.num(0.0)
    c = R.num(float(t - 1)) ** R.num(0.25)
    n = min(max(g / max(R.sqrt(s["v"]), h["eps"]), -c), c)
    s["m"] = h["beta1"] * s["m"] + (1 - h["beta1"]) * n
    s["v"] = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
    return -eta * s["m"]


def signsgd(s, w, g, h, eta, t, R):
    return -eta * sign(g)


def signum(s, w, g, h, eta, t, R):
    s["m"] = h["beta"] * s["m"] + (1 - h["beta"]) * g
    return -eta * sign(s["m"])


def optimistic(s, w, g, h, eta, t, R):
    last = s["g"] if t > 1 else g
    s["g"] = g
    return -eta * ((h["alpha"] + h["beta"]) * g - h["beta"] * last)


def madgrad(s, w, g, h, eta, t, R):
    if t == 1:
        s["x0"] = w
    lam = eta * R.sqrt(R.num(float(t)))
    s["s"] = s["s"] + lam * g
    s["v"] = s["v"] + lam * g * g
    z = s["x0"] - s["s"] / (s["v"] ** (R.num(1.0) / 3) + h["eps"])
    return h["momentum"] * w + (1 - h["momentum"]) * z - w


def laprop(s, w, g, h, eta, t, R):
    b1, b2 = h["beta1"], h["beta2"]
    s["n"] = b2 * s["n"] + (1 - b2) * g * g
    s["m"] = b1 * s["m"] + (1 - b1) * g / (R.sqrt(s["n"] / (1 - b2**t)) + h["eps"])
    return -eta * s["m"] / (1 - b1**t)


def qhm(s, w, g, h, eta, t, R):
    s["m"] = h["beta"] * s["m"] + (1 - h["beta"]) * g
    return -eta * ((1 - h["nu"]) * g + h["nu"] * s["m"])


def qhadam(s, w, g, h, eta, t, R):
    m, vhat = moments(s, g, h, t)
    top = (1 - h["nu1"]) * g + h["nu1"] * m
    return -eta * top / (R.sqrt((1 - h["nu2"]) * g * g + h["nu2"] * vhat) + h["eps"])


def aggmo(s, w, g, h, eta, t, R):
    total = 0
    for i in range(int(h["count"])):
        s[i] = (1 - h["base"] ** i) * s[i] - g
        total += s[i]
    return eta / int(h["count"]) * total


_ADAM = [dict(beta1=0.8, beta2=0.95, eps=1e-4), dict(beta1=0.95, beta2=0.9, eps=0.03)]


def _with(*more):
    return [dict(h, **m) for h, m in zip(_ADAM, more)]


# (optimizer, form) -> rule, the rates on rosenbrock, beale and ravine, two sets
# of hyper-parameters, none of them at its default.
SHELF = {
    ("adadelta", ""): (adadelta, (0.5, 0.7, 2), [dict(rho=0.8, eps=1e-3), dict(rho=0.95, eps=1e-4)]),
    ("rprop", ""): (rprop, (0.01, 0.05, 0.3), [
        dict(eta_minus=0.4, eta_plus=1.1, step_min=1e-3, step_max=0.05),
        dict(eta_minus=0.6, eta_plus=1.3, step_min=1e-5, step_max=0.5)]),
    ("adamax", ""): (adamax, (0.02, 0.05, 0.1), _ADAM),
    ("adamaxw", ""): (decoupled(adamax), (0.02, 0.05, 0.1), _with(dict(weight_decay=0.3), dict(weight_decay=0.05))),
    ("adabelief", ""): (adabelief, (0.01, 0.03, 0.1), _with(dict(eps_root=1e-3), dict(eps_root=0.02))),
    ("yogi", ""): (yogi, (0.02, 0.05, 0.1), _with(dict(initial=0.01), dict(initial=1.0))),
    ("lion", ""): (lion, (0.003, 0.01, 0.03), [dict(beta1=0.8, beta2=0.95), dict(beta1=0.95, beta2=0.7)]),
    ("adan", ""): (adan, (0.02, 0.05, 0.1), [
        dict(beta1=0.9, beta2=0.8, beta3=0.95, eps=1e-4), dict(beta1=0.95, beta2=0.7, beta3=0.9, eps=0.03)]),
    ("ademamix", ""): (ademamix, (0.01, 0.03, 0.05), _with(
        dict(beta3=0.99, alpha=3.0, mix_steps=40.0), dict(beta3=0.98, alpha=2.0, mix_steps=0.0))),
    ("adopt", ""): (adopt, (0.02, 0.05, 0.1), [dict(beta1=0.8, beta2=0.95, eps=1e-4), dict(beta1=0.95, beta2=0.9, eps=0.5)]),
    ("signsgd", ""): (signsgd, (0.003, 0.01, 0.03), [dict()]),
    ("signum", ""): (signum, (0.003, 0.01, 0.03), [dict(beta=0.8), dict(beta=0.5)]),
    ("optimistic", ""): (optimistic, (2e-4, 1e-3, 0.01), [dict(alpha=1.5, beta=0.5), dict(alpha=0.7, beta=1.3)]),
    ("madgrad", ""): (madgrad, (0.005, 0.02, 0.05), [dict(momentum=0.8, eps=1e-3), dict(momentum=0.5, eps=0.1)]),
    ("laprop", ""): (laprop, (0.02, 0.05, 0.1), _ADAM),
    ("qhm", ""): (qhm, (5e-4, 5e-3, 0.03), [dict(beta=0.9, nu=0.6), dict(beta=0.99, nu=0.3)]),
    ("qhadam", ""): (qhadam, (0.02, 0.05, 0.1), _with(dict(nu1=0.8, nu2=0.9), dict(nu1=0.6, nu2=0.7))),
    ("aggmo", ""): (aggmo, (2e-4, 1e-3, 0.01), [dict(count=4, base=0.3), dict(count=2, base=0.05)]),
}
for form in ("", "torch", "optax"):
    SHELF["rmsprop_momentum", form] = (rmsprop_momentum(form), (0.003, 0.01, 0.02), [
        dict(beta=0.8, momentum=0.7, eps=1e-3), dict(beta=0.95, momentum=0.5, eps=0.1, centered=True)])
for form in ("", "optax"):
    SHELF["amsgrad", form] = (amsgrad(form), (0.02, 0.05, 0.1), _ADAM)
    more = [dict(momentum_decay=0.02), dict(momentum_decay=0.1)]
    SHELF["nadam", form] = (nadam(form), (0.02, 0.05, 0.1), _with(*more))
    SHELF["nadamw", form] = (decoupled(nadam(form)), (0.02, 0.05, 0.1), _with(
        *(dict(m, weight_decay=d) for m, d in zip(more, (0.3, 0.05)))))
for form in ("", "torch"):
    SHELF["radam", form] = (radam(form), (5e-4, 5e-3, 0.03), _with(
        dict(threshold=5.0 if form else 4.5), dict(threshold=5.0 if form else 6.0)))  # PyTorch's is fixed


def norm(v, R):
    return R.sqrt(sum((x * x for x in v), R.num(0.0)))


# Rules that act on w as a whole: (S, w, gradient_at, h, eta, t, R) -> new w.
# S is one memory of lists for all of w, which is one layer.
def lamb(S, w, gradient_at, h, eta, t, R):
    memories = S.setdefault("adam", [Memory() for _ in w])
    mv = [moments(s, g, h, t) for s, g in zip(memories, gradient_at(w))]
    r = [m / (R.sqrt(v) + h["eps"]) + h["weight_decay"] * wi for (m, v), wi in zip(mv, w)]
    a, b = norm(w, R), norm(r, R)
    trust = a / b if a != 0 and b != 0 else 1
    return [wi - eta * trust * ri for wi, ri in zip(w, r)]


def lars(S, w, gradient_at, h, eta, t, R):
    d = [g + h["weight_decay"] * wi for g, wi in zip(gradient_at(w), w)]
    a, b = norm(w, R), norm(d, R)
    trust = h["trust"] * a / b if a != 0 and b != 0 else 1
    S["v"] = [h["momentum"] * v + eta * trust * di for v, di in zip(S.get("v", [0] * len(w)), d)]
    return [wi - v for wi, v in zip(w, S["v"])]


def novograd(S, w, gradient_at, h, eta, t, R):
    g = gradient_at(w)
    square = norm(g, R) ** 2
    S["v"] = square if t == 1 else h["beta2"] * S["v"] + (1 - h["beta2"]) * square
    d = [gi / (R.sqrt(S["v"]) + h["eps"]) + h["weight_decay"] * wi for gi, wi in zip(g, w)]
    S["m"] = [h["beta1"] * m + di for m, di in zip(S.get("m", [0] * len(w)), d)]
    return [wi - eta * m for wi, m in zip(w, S["m"])]


def heavy_ball(S, w, g, h, eta):
    S["d"] = [h["momentum"] * d - eta * gi for d, gi in zip(S.get("d", [0] * len(w)), g)]
    return [wi + d for wi, d in zip(w, S["d"])]


def sam(S, w, gradient_at, h, eta, t, R):
    g = gradient_at(w)
    n = norm(g, R)
    worst = [wi + h["sam"] * gi / n for wi, gi in zip(w, g)]
    return heavy_ball(S, w, gradient_at(worst), h, eta)


def lookahead(S, w, gradient_at, h, eta, t, R):
    if t == 1:
        S["slow"] = w
    w = heavy_ball(S, w, gradient_at(w), h, eta)
    if t % int(h["lookahead"]) == 0:
        w = S["slow"] = [s + h["lookahead_share"] * (wi - s) for s, wi in zip(S["slow"], w)]
    return w


# name -> (optimizer, rule, rates, hyper-parameters)
VECTOR = {
    "lamb": ("lamb", lamb, (0.02, 0.03, 0.05), _with(dict(weight_decay=0.1), dict(weight_decay=0.01))),
    "lars": ("lars", lars, (0.1, 0.2, 0.5), [
        dict(momentum=0.8, trust=0.05, weight_decay=0.01), dict(momentum=0.5, trust=0.02, weight_decay=0.3)]),
    "novograd": ("novograd", novograd, (0.005, 0.01, 0.05), [
        dict(beta1=0.8, beta2=0.5, eps=1e-3, weight_decay=0.01), dict(beta1=0.9, beta2=0.9, eps=0.1, weight_decay=0.1)]),
    "sam": ("momentum", sam, (1e-4, 1e-3, 0.01), [dict(momentum=0.8, sam=0.02), dict(momentum=0.5, sam=0.1)]),
    "lookahead": ("momentum", lookahead, (2e-4, 1e-3, 0.01), [
        dict(momentum=0.8, lookahead=6, lookahead_share=0.7), dict(momentum=0.5, lookahead=3, lookahead_share=0.3)]),
}


class Vector:
    """A rule on the whole of w with the interface of rules.py."""

    def __init__(self, rule, n, h, R):
        self.rule, self.R, self.memory = rule, R, {}
        self.h = {k: R.num(float(v)) for k, v in h.items()}

    def step(self, w, gradient_at, eta, t):
        return self.rule(self.memory, w, gradient_at, self.h, eta, t, self.R)


class Rule:
    """A rule of the shelf with the interface of rules.py."""

    def __init__(self, rule, n, h, R):
        self.rule, self.R, self.memory = rule, R, [Memory() for _ in range(n)]
        self.h = {k: v if isinstance(v, bool) else R.num(float(v)) for k, v in h.items()}

    def step(self, w, gradient_at, eta, t):
        g = gradient_at(w)
        return [wi + self.rule(s, wi, gi, self.h, eta, t, self.R) for s, wi, gi in zip(self.memory, w, g)]
