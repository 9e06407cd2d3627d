"""The lecture's seven optimizers, each as the equation it is.

g is the gradient, η the rate of this update, t = 1, 2, ... the update's number.
Everything acts on each coordinate alone, so a rule is a step on a list.
State starts at zero. `step(w, gradient_at, eta, t)` returns the new w.
"""


class Sgd:
    # w ← w - η∇E(w)
    names = ("lr",)

    def __init__(self, n, h, R):
        pass

    def step(self, w, gradient_at, eta, t):
        g = gradient_at(w)
        return [wi - eta * gi for wi, gi in zip(w, g)]


class Momentum:
    # Δ ← μΔ - η∇E(w);  w ← w + Δ
    names = ("lr", "momentum")

    def __init__(self, n, h, R):
        self.mu, self.delta = R.num(h["momentum"]), [R.num(0.0)] * n

    def step(self, w, gradient_at, eta, t):
        g = gradient_at(w)
        self.delta = [self.mu * d - eta * gi for d, gi in zip(self.delta, g)]
        return [wi + d for wi, d in zip(w, self.delta)]


class Nesterov:
    # Δ ← μΔ - η∇E(w + μΔ);  w ← w + Δ.  What is recorded is w, not w + μΔ.
    names = ("lr", "momentum")

    def __init__(self, n, h, R):
        self.mu, self.delta = R.num(h["momentum"]), [R.num(0.0)] * n

    def step(self, w, gradient_at, eta, t):
        g = gradient_at([wi + self.mu * d for wi, d in zip(w, self.delta)])
        self.delta = [self.mu * d - eta * gi for d, gi in zip(self.delta, g)]
        return [wi + d for wi, d in zip(w, self.delta)]


class NesterovTorch:
    # b ← μb + ∇E(φ);  φ ← φ - η(∇E(φ) + μb).  What is recorded is φ, PyTorch's
    # parameter. With constant η and μ it is φ = w + μΔ of the rule above.
    names = ("lr", "momentum")

    def __init__(self, n, h, R):
        self.mu, self.b = R.num(h["momentum"]), [R.num(0.0)] * n

    def step(self, phi, gradient_at, eta, t):
        g = gradient_at(phi)
        self.b = [self.mu * b + gi for b, gi in zip(self.b, g)]
        return [p - eta * (gi + self.mu * b) for p, gi, b in zip(phi, g, self.b)]


class AdaGrad:
    # r ← r + g²;  w ← w - η g / (√r + ε)
    names = ("lr", "eps")

    def __init__(self, n, h, R):
        self.eps, self.r, self.sqrt = R.num(h["eps"]), [R.num(0.0)] * n, R.sqrt

    def step(self, w, gradient_at, eta, t):
        g = gradient_at(w)
        self.r = [r + gi * gi for r, gi in zip(self.r, g)]
        return [wi - eta * gi / (self.sqrt(r) + self.eps) for wi, gi, r in zip(w, g, self.r)]


class RmsProp:
    # v ← βv + (1-β)g²;  w ← w - η g / (√v + ε).  No bias correction.
    names = ("lr", "beta", "eps")

    def __init__(self, n, h, R):
        self.beta, self.eps = R.num(h["beta"]), R.num(h["eps"])
        self.v, self.sqrt = [R.num(0.0)] * n, R.sqrt

    def step(self, w, gradient_at, eta, t):
        g = gradient_at(w)
        self.v = [self.beta * v + (1 - self.beta) * gi * gi for v, gi in zip(self.v, g)]
        return [wi - eta * gi / (self.sqrt(v) + self.eps) for wi, gi, v in zip(w, g, self.v)]


class Adam:
    # m ← β1 m + (1-β1)g;  v ← β2 v + (1-β2)g²;  m̂ = m/(1-β1^t);  v̂ = v/(1-β2^t)
    # w ← w - η m̂ / (√v̂ + ε)
    names = ("lr", "beta1", "beta2", "eps")

    def __init__(self, n, h, R):
        self.beta1, self.beta2, self.eps = R.num(h["beta1"]), R.num(h["beta2"]), R.num(h["eps"])
        self.m, self.v, self.sqrt = [R.num(0.0)] * n, [R.num(0.0)] * n, R.sqrt

    def direction(self, w, gradient_at, t):
        g = gradient_at(w)
        b1, b2 = self.beta1, self.beta2
        self.m = [b1 * m + (1 - b1) * gi for m, gi in zip(self.m, g)]
        self.v = [b2 * v + (1 - b2) * gi * gi for v, gi in zip(self.v, g)]
        c1, c2 = 1 - b1**t, 1 - b2**t
        return [(m / c1) / (self.sqrt(v / c2) + self.eps) for m, v in zip(self.m, self.v)]

    def step(self, w, gradient_at, eta, t):
        return [wi - eta * d for wi, d in zip(w, self.direction(w, gradient_at, t))]


class AdamW(Adam):
    # w ← w - η (m̂ / (√v̂ + ε) + λw), both terms at the old w.
    names = ("lr", "beta1", "beta2", "eps", "weight_decay")

    def __init__(self, n, h, R):
        super().__init__(n, h, R)
        self.decay = R.num(h["weight_decay"])

    def step(self, w, gradient_at, eta, t):
        d = self.direction(w, gradient_at, t)
        return [wi - eta * (di + self.decay * wi) for wi, di in zip(w, d)]


# (optimizer, form) -> rule; "" is the lecture's form.
RULES = {
    ("sgd", ""): Sgd,
    ("momentum", ""): Momentum,
    ("nesterov", ""): Nesterov,
    ("nesterov", "torch"): NesterovTorch,
    ("adagrad", ""): AdaGrad,
    ("rmsprop", ""): RmsProp,
    ("adam", ""): Adam,
    ("adamw", ""): AdamW,
}
