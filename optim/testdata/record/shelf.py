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


# PyTorch's, Keras's and Optax's forms of the lecture's rules; theirs are in rules.py.
def momentum_torch(s, w, g, h, eta, t, R):
    s["b"] = h["momentum"] * s["b"] + (1 - h.get("dampening", 0) if t > 1 else 1) * g
    return -eta * s["b"]


def nesterov_keras(s, w, g, h, eta, t, R):
    s["d"] = h["momentum"] * s["d"] - eta * g
    return h["momentum"] * s["d"] - eta * g


def adagrad_optax(s, w, g, h, eta, t, R):
    s["r"] = (s["r"] if t > 1 else R.num(0.1)) + g * g
    return -eta * g / R.sqrt(s["r"] + h["eps"])


def rmsprop_optax(s, w, g, h, eta, t, R):
    s["v"] = h["beta"] * s["v"] + (1 - h["beta"]) * g * g
    return -eta * g / R.sqrt(s["v"] + h["eps"])


def adam_keras(s, w, g, h, eta, t, R):
    moments(s, g, h, t)
    alpha = eta * R.sqrt(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t)
    return -alpha * s["m"] / (R.sqrt(s["v"]) + h["eps"])


def amsgrad_keras(s, w, g, h, eta, t, R):
    moments(s, g, h, t)
    s["top"] = max(s["top"], s["v"])
    alpha = eta * R.sqrt(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t)
    return -alpha * s["m"] / (R.sqrt(s["top"]) + h["eps"])


def adamax_keras(s, w, g, h, eta, t, R):
    s["m"] = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
    s["u"] = max(h["beta2"] * s["u"], abs(g))
    return -eta * s["m"] / ((1 - h["beta1"] ** t) * (s["u"] + h["eps"]))


# Bottou 2010, section 5.1; what is averaged is not part of the trajectory.
def asgd(s, w, g, h, eta, t, R):
    rate = eta / (1 + h["lambda"] * eta * (t - 1)) ** h["alpha"]
    return -rate * (g + h["lambda"] * w)


# McMahan et al. 2013, Algorithm 1, multiplied by its constant rate; for a moving one a
# gradient is weighed by its rate and a regulariser by the largest so far.
def ftrl(s, w, g, h, eta, t, R):
    s["H"] = max(s["H"], eta)
    l1, l2 = s["H"] * h["l1"], s["H"] * h["l2"]
    if t == 1:
        s["z"] = -(h["beta"] + l2) * w - l1 * sign(w)
    sigma = R.sqrt(s["n"] + g * g) - R.sqrt(R.num(0.0) + s["n"])
    s["n"] = s["n"] + g * g
    s["z"] = s["z"] + eta * g - sigma * w
    if abs(s["z"]) <= l1:
        return -w
    return -(s["z"] - sign(s["z"]) * l1) / (h["beta"] + R.sqrt(s["n"]) + l2) - w


def ftrl_keras(s, w, g, h, eta, t, R):
    n = s["n"] if t > 1 else R.num(0.1)
    s["n"] = n + g * g
    s["z"] = s["z"] + g - (R.sqrt(s["n"]) - R.sqrt(n)) / eta * w
    quadratic = R.sqrt(s["n"]) / eta + 2 * (h["l2"] + h["beta"] / (2 * eta))
    clipped = max(-h["l1"], min(h["l1"], s["z"]))
    return (clipped - s["z"]) / quadratic - w


# Orabona and Tommasi 2017, Algorithm 2; the rate weighs gradients.
def cocob(s, w, g, h, eta, t, R):
    if t == 1:
        s["w0"], s["L"] = w, h["eps"]
    g = -eta * g
    s["L"] = max(s["L"], abs(g))
    s["G"] = s["G"] + abs(g)
    s["R"] = max(s["R"] + (w - s["w0"]) * g, 0)
    s["theta"] = s["theta"] + g
    beta = s["theta"] / (s["L"] * max(s["G"] + s["L"], h["alpha"] * s["L"]))
    return s["w0"] + beta * (s["L"] + s["R"]) - w


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


import freerules as free
from freerules import by_layer

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
    ("asgd", ""): (asgd, (5e-4, 5e-3, 0.03), [{"lambda": 0.1, "alpha": 0.6, "t0": 3.0}, {"lambda": 0.02, "alpha": 1.0, "t0": 0.0}]),
    ("ftrl", ""): (ftrl, (0.3, 0.3, 0.7), [dict(beta=0.5, l1=0.3, l2=0.1), dict(beta=2.0, l1=0.05, l2=0.5)]),
    ("ftrl", "keras"): (ftrl_keras, (0.3, 0.3, 0.7), [dict(beta=0.5, l1=0.3, l2=0.1), dict(beta=2.0, l1=0.05, l2=0.5)]),
    ("cocob", ""): (cocob, (0.5, 1.0, 2.0), [dict(alpha=30.0, eps=1e-3), dict(alpha=200.0, eps=0.1)]),
    ("momentum", "torch"): (momentum_torch, (2e-4, 1e-3, 0.01), [dict(momentum=0.8), dict(momentum=0.5, dampening=0.3)]),
    ("nesterov", "keras"): (nesterov_keras, (2e-4, 1e-3, 0.01), [dict(momentum=0.8), dict(momentum=0.5)]),
    ("aggmo", ""): (aggmo, (2e-4, 1e-3, 0.01), [dict(count=4, base=0.3), dict(count=2, base=0.05)]),
}
for form in ("optax", "keras"):
    SHELF["adagrad", form] = (adagrad_optax, (0.3, 0.3, 0.7), [dict(eps=0.1), dict(eps=1e-3)])
    SHELF["rmsprop", form] = (rmsprop_optax, (0.003, 0.01, 0.05), [dict(beta=0.95, eps=1e-3), dict(beta=0.5, eps=0.1)])
SHELF["adam", "keras"] = (adam_keras, (0.02, 0.05, 0.1), _ADAM)
SHELF["adamw", "keras"] = (decoupled(adam_keras), (0.02, 0.05, 0.1), _with(dict(weight_decay=0.3), dict(weight_decay=0.05)))
SHELF["amsgrad", "keras"] = (amsgrad_keras, (0.02, 0.05, 0.1), _ADAM)
SHELF["adamax", "keras"] = (adamax_keras, (0.02, 0.05, 0.1), _ADAM)
SHELF["adamaxw", "keras"] = (decoupled(adamax_keras), (0.02, 0.05, 0.1), _with(dict(weight_decay=0.3), dict(weight_decay=0.05)))
for form in ("", "torch", "optax"):
    SHELF["rmsprop_momentum", form] = (rmsprop_momentum(form), (0.003, 0.01, 0.02), [
        dict(beta=0.8, momentum=0.7, eps=1e-3), dict(beta=0.95, momentum=0.5, eps=0.1, centered=True)])
for form in ("", "optax"):
    SHELF["amsgrad", form] = (amsgrad(form), (0.02, 0.05, 0.1), _ADAM)
    more = [dict(momentum_decay=0.02), dict(momentum_decay=1.0)]  # 1: Keras's
    SHELF["nadam", form] = (nadam(form), (0.02, 0.05, 0.1), _with(*more))
    SHELF["nadamw", form] = (decoupled(nadam(form)), (0.02, 0.05, 0.1), _with(
        *(dict(m, weight_decay=d) for m, d in zip(more, (0.3, 0.05)))))
for form in ("", "torch"):
    SHELF["radam", form] = (radam(form), (5e-4, 5e-3, 0.03), _with(
        dict(threshold=5.0 if form else 4.5), dict(threshold=5.0 if form else 6.0)))  # PyTorch's is fixed


def norm(v, R):
    return R.sqrt(sum((x * x for x in v), R.num(0.0)))


# Rules that act on w as a whole, with the interface of freerules.py.
def lamb(form):
    @by_layer
    def rule(S, w, g, shape, h, eta, t, R):
        memories = S.setdefault("adam", [Memory() for _ in w])
        mv = [moments(s, x, h, t) for s, x in zip(memories, g)]
        eps = h["eps"] / R.sqrt(1 - h["beta2"] ** t) if form == "keras" else h["eps"]
        r = [m / (R.sqrt(v) + eps) + h["weight_decay"] * wi for (m, v), wi in zip(mv, w)]
        a, b = norm(w, R), norm(r, R)
        trust = a / b if a != 0 and b != 0 else 1
        return [wi - eta * trust * ri for wi, ri in zip(w, r)]

    return rule


@by_layer
def lars(S, w, g, shape, h, eta, t, R):
    d = [x + h["weight_decay"] * wi for x, wi in zip(g, w)]
    a, b = norm(w, R), norm(d, R)
    trust = h["trust"] * a / b if a != 0 and b != 0 else 1
    S["v"] = [h["momentum"] * v + eta * trust * di for v, di in zip(S.get("v", [0] * len(w)), d)]
    return [wi - v for wi, v in zip(w, S["v"])]


@by_layer
def novograd(S, w, g, shape, h, eta, t, R):
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


_SQUARES = [dict(beta2_decay=0.7, eps1=1e-3, eps2=0.01, clip=1.2), dict(beta2_decay=0.6, eps1=0.05, eps2=0.1, clip=2.0)]
_DISTANCE = [dict(beta1=0.8, beta2=0.95, eps=1e-4, d0=0.01), dict(beta1=0.95, beta2=0.9, eps=0.03, d0=0.003)]

# (name, form) -> (optimizer, rule, rates, hyper-parameters)
VECTOR = {
    ("lamb", ""): ("lamb", lamb(""), (0.02, 0.03, 0.05), _with(dict(weight_decay=0.1), dict(weight_decay=0.01))),
    ("lamb", "keras"): ("lamb", lamb("keras"), (0.02, 0.03, 0.05), _with(dict(weight_decay=0.1), dict(weight_decay=0.01))),
    ("lars", ""): ("lars", lars, (0.1, 0.2, 0.5), [
        dict(momentum=0.8, trust=0.05, weight_decay=0.01), dict(momentum=0.5, trust=0.02, weight_decay=0.3)]),
    ("novograd", ""): ("novograd", novograd, (0.005, 0.01, 0.05), [
        dict(beta1=0.8, beta2=0.5, eps=1e-3, weight_decay=0.01), dict(beta1=0.9, beta2=0.9, eps=0.1, weight_decay=0.1)]),
    ("sam", ""): ("momentum", sam, (1e-4, 1e-3, 0.01), [dict(momentum=0.8, sam=0.02), dict(momentum=0.5, sam=0.1)]),
    ("lookahead", ""): ("momentum", lookahead, (2e-4, 1e-3, 0.01), [
        dict(momentum=0.8, lookahead=6, lookahead_share=0.7), dict(momentum=0.5, lookahead=3, lookahead_share=0.3)]),
    ("mechanic", ""): ("momentum", free.mechanic, (0.01, 0.05, 0.3), [
        dict(momentum=0.9, mechanic=0.001, mechanic_decay=0.3, mechanic_eps=1e-16, mechanic_count=5),
        dict(momentum=0.7, mechanic=0.003, mechanic_decay=1.0, mechanic_eps=1e-16, mechanic_count=2)]),
    ("graft", ""): ("adam", free.graft, (5e-4, 5e-3, 0.1), [
        dict(beta1=0.8, beta2=0.95, eps=1e-3, graft="momentum", momentum=0.7), dict(beta1=0.9, beta2=0.9, eps=0.1, graft="sgd")]),
    ("noisy_sgd", ""): ("noisy_sgd", free.noisy_sgd, (5e-4, 5e-3, 0.03), [
        dict(noise=0.3, noise_decay=0.4), dict(noise=0.02, noise_decay=0.9)]),
    ("polyak", ""): ("polyak", free.polyak, (5e-4, 5e-3, 0.05), [dict(f_min=-0.5, eps=0.1), dict(f_min=0.01, eps=3.0)]),
    ("mars", ""): ("mars", free.mars, (0.02, 0.05, 0.1), _with(dict(gamma=0.1), dict(gamma=0.03))),
    ("fromage", ""): ("fromage", free.fromage, (0.003, 0.01, 0.03), [dict()]),
    ("stable_adamw", ""): ("stable_adamw", free.stable_adamw, (0.02, 0.05, 0.1), _with(
        dict(weight_decay=0.3), dict(weight_decay=0.05))),
    ("adam_mini", ""): ("adam_mini", free.adam_mini, (0.02, 0.05, 0.1), _ADAM),
    ("adafactor", ""): ("adafactor", free.adafactor(""), (0.02, 0.05, 0.1), _SQUARES),
    ("adafactor", "torch"): ("adafactor", free.adafactor("torch"), (0.05, 0.1, 0.3), _SQUARES),
    ("came", ""): ("came", free.came, (0.01, 0.03, 0.05), [
        dict(beta1=0.8, beta2=0.95, beta3=0.9, eps1=1e-3, eps2=1e-4, clip=1.2),
        dict(beta1=0.95, beta2=0.9, beta3=0.99, eps1=0.05, eps2=0.01, clip=0.8)]),
    ("sm3", ""): ("sm3", free.sm3, (0.1, 0.3, 0.5), [dict(momentum=0.8, eps=1e-3), dict(momentum=0.5, eps=0.1)]),
    ("dog", ""): ("dog", free.dog, (0.5, 1.0, 2.0), [dict(initial=0.001, eps=1e-3), dict(initial=0.01, eps=0.1)]),
    ("dowg", ""): ("dowg", free.dowg, (0.3, 0.5, 1.0), [dict(initial=0.02, eps=1e-3), dict(initial=0.05, eps=0.1)]),
    ("dadapt_sgd", ""): ("dadapt_sgd", free.dadapt_sgd, (0.3, 0.5, 1.0), [
        dict(momentum=0.8, d0=0.01), dict(momentum=0.5, d0=0.003)]),
    ("dadapt_adam", ""): ("dadapt_adam", free.dadapt_adam, (0.5, 1.0, 1.5), _DISTANCE),
    ("prodigy", ""): ("prodigy", free.prodigy(""), (0.5, 1.0, 1.5), [dict(d, d_coef=c) for d, c in zip(_DISTANCE, (0.7, 1.4))]),
    ("prodigy", "optax"): ("prodigy", free.prodigy("optax"), (0.5, 1.0, 1.5), [dict(d, d_coef=c) for d, c in zip(_DISTANCE, (0.7, 1.4))]),
    ("momo", ""): ("momo", free.momo, (5e-4, 5e-3, 0.05), [dict(beta=0.8, f_min=-0.5), dict(beta=0.5, f_min=0.01)]),
    ("momo_adam", ""): ("momo_adam", free.momo_adam, (0.02, 0.05, 0.1), _with(dict(f_min=-0.5), dict(f_min=0.01))),
    ("spsa", ""): ("spsa", free.spsa, (3e-4, 3e-3, 0.02), [
        dict(alpha=0.5, stability=1, perturbation=0.05, gamma=0.2), dict(alpha=0.8, stability=20, perturbation=0.3, gamma=0.05)]),
}


class Vector:
    """A rule on the whole of w with the interface of rules.py."""

    def __init__(self, rule, n, h, R):
        self.rule, self.R, self.memory = rule, R, {}
        self.h = {k: v if isinstance(v, str) else R.num(float(v)) for k, v in h.items()}

    def step(self, w, E, eta, t):
        return self.rule(self.memory, w, E, self.h, eta, t, self.R)


class Rule:
    """A rule of the shelf with the interface of rules.py."""

    def __init__(self, rule, n, h, R):
        self.rule, self.R, self.memory = rule, R, [Memory() for _ in range(n)]
        self.h = {k: v if isinstance(v, bool) else R.num(float(v)) for k, v in h.items()}

    def step(self, w, gradient_at, eta, t):
        g = gradient_at(w)
        return [wi + self.rule(s, wi, gi, self.h, eta, t, self.R) for s, wi, gi in zip(self.memory, w, g)]
