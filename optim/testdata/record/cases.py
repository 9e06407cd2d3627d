"""Which trajectories are recorded: functions x rules x starts x rates x hyper-parameters."""

import math

from functions import FUNCTIONS
from rules import RULES

STEPS = 200

# Learning rates at which every recorded run stays finite and where float64
# rounding is not amplified into other trajectories (record.py measures that and
# refuses a case that drifts). Gradient descent is stable below 2/λmax.
RATES = {
    #              sgd    momentum nesterov adagrad rmsprop adam   adamw
    "rosenbrock": (5e-4,  2e-4,    2e-4,    0.3,    0.003,  0.02,  0.02),
    "beale":      (5e-3,  1e-3,    1e-3,    0.3,    0.01,   0.05,  0.05),
    "himmelblau": (5e-3,  2e-3,    2e-3,    0.5,    0.02,   0.1,   0.1),
    "booth":      (0.05,  0.01,    0.01,    1.0,    0.05,   0.2,   0.2),
    "ravine":     (0.03,  0.01,    0.01,    0.7,    0.05,   0.1,   0.1),
    "saddle":     (0.01,  2e-3,    2e-3,    0.1,    0.01,   0.02,  0.02),
    "monkey":     (0.005, 5e-4,    5e-4,    0.02,   2e-3,   2e-3,  2e-3),
    "rastrigin":  (1e-3,  5e-4,    5e-4,    0.1,    2e-3,   0.01,  0.01),
    "ackley":     (0.01,  2e-3,    2e-3,    0.1,    5e-3,   0.02,  0.02),
}
_COLUMN = {"sgd": 0, "momentum": 1, "nesterov": 2, "adagrad": 3, "rmsprop": 4, "adam": 5, "adamw": 6}

# Hyper-parameters next to lr: the first set of each rule is the usual one.
HYPERS = {
    "sgd": [{}],
    "momentum": [{"momentum": 0.9}, {"momentum": 0.5}, {"momentum": 0.0}],
    "nesterov": [{"momentum": 0.9}, {"momentum": 0.5}, {"momentum": 0.75}],
    "adagrad": [{"eps": 1e-8}, {"eps": 0.1}, {"eps": 1e-3}],
    "rmsprop": [{"beta": 0.9, "eps": 1e-8}, {"beta": 0.99, "eps": 1e-3}, {"beta": 0.5, "eps": 0.1}],
    "adam": [
        {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        {"beta1": 0.9, "beta2": 0.99, "eps": 1e-6},
        {"beta1": 0.5, "beta2": 0.9, "eps": 0.1},
        {"beta1": 0.0, "beta2": 0.95, "eps": 1e-3},
    ],
    "adamw": [
        {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
        {"beta1": 0.8, "beta2": 0.99, "eps": 1e-4, "weight_decay": 0.5},
        {"beta1": 0.9, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.0},
    ],
}

# A schedule is lr times a factor f(τ); τ = 0 at the first update. Bishop's book
# has the first three (with η_K = r·η_0); the cosine starts after a warm-up whose
# first update has rate 0.
SCHEDULES = {
    "linear": {
        "formula": "(1 - tau/K) + (tau/K) r",
        "parameters": {"K": 200, "r": 0.1},
        "factor": lambda tau: (1 - tau / 200) + (tau / 200) * 0.1,
    },
    "power": {
        "formula": "(1 + tau/s)^c",
        "parameters": {"s": 20, "c": -0.5},
        "factor": lambda tau: (1 + tau / 20) ** -0.5,
    },
    "exponential": {
        "formula": "c^(tau/s)",
        "parameters": {"s": 50, "c": 0.5},
        "factor": lambda tau: 0.5 ** (tau / 50),
    },
    "step": {
        "formula": "c^floor(tau/s)",
        "parameters": {"s": 60, "c": 0.3},
        "factor": lambda tau: 0.3 ** (tau // 60),
    },
    "warmup-cosine": {
        "formula": "tau/W while tau < W, then (1 + cos(pi (tau-W)/(K-W))) / 2",
        "parameters": {"W": 20, "K": 200},
        "factor": lambda tau: tau / 20 if tau < 20 else (1 + math.cos(math.pi * (tau - 20) / 180)) / 2,
    },
}


def factors(schedule):
    """The 200 factors of a schedule; all ones for None."""
    if schedule is None:
        return [1.0] * STEPS
    return [float(SCHEDULES[schedule]["factor"](tau)) for tau in range(STEPS)]


def cases(function):
    """Yields the cases of one function, without their trajectories."""

    def case(group, optimizer, form, hyper, start, schedule=None, every=10, scale=1.0):
        lr = RATES[function.name][_COLUMN[optimizer]] * scale
        c = {"function": function.name, "group": group, "optimizer": optimizer}
        if form:
            c["form"] = form
        c["hyper"] = {"lr": lr, **hyper}
        if schedule:
            c["schedule"] = schedule
        c.update(start=list(start), steps=STEPS, every=every)
        return c

    for optimizer, form in RULES:
        usual, *others = HYPERS[optimizer]
        first, *rest = function.starts
        yield case("constant", optimizer, form, usual, first, every=1)
        yield case("constant", optimizer, form, usual, first, scale=0.2)
        for start in rest:
            yield case("constant", optimizer, form, usual, start)
        for schedule in SCHEDULES:
            yield case("schedule", optimizer, form, usual, first, schedule)
        for hyper in others:
            yield case("hyper", optimizer, form, hyper, rest[0])
        if others:
            yield case("hyper", optimizer, form, others[0], first, "warmup-cosine")
        for start in function.stationary:
            yield case("stationary", optimizer, form, usual, start)


def all_cases():
    for function in FUNCTIONS:
        for c in cases(function):
            yield function, c
