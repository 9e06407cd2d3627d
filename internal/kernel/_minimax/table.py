"""Writes testdata/functions64.txt: python3 _minimax/table.py 30 > testdata/functions64.txt

Each line has a function, its arguments, the float64 nearest to the exact value
and what that rounding left over in units of its last place, computed by mpmath
with 1,400 bits. The argument is the number of lines for each region.
"""
import math
import random
import struct
import sys

from mpmath import mp, mpf, exp, expm1, log, log1p, tanh, erf, sin, cos, cbrt, floor, frexp

mp.prec = 1400
count = int(sys.argv[1])
rng = random.Random(2024)


def nearest(v):
    """The float64 nearest to v, and (v − it) in units of its last place."""
    e = max(int(frexp(v)[1]) - 53, -1074)
    scaled = mp.ldexp(v, -e)
    n = int(mp.nint(scaled))
    rest = float(scaled - n)
    try:
        return math.ldexp(n, e) if abs(n) < 2**53 or e < 971 else math.copysign(math.inf, n), rest
    except OverflowError:
        return math.copysign(math.inf, n), 0.0


def line(name, f, *x):
    v = f(*(mpf(a) for a in x))
    hi, rest = nearest(v) if v != 0 else (0.0, 0.0)
    print(name, *(a.hex() for a in x), hi.hex(), f"{rest:.4f}")


def uniform(a, b):
    return lambda: rng.uniform(a, b)


def scale(low, high):
    """Either sign, exponents uniform."""
    return lambda: rng.choice((-1, 1)) * math.ldexp(rng.uniform(1, 2), rng.randint(low, high))


def near(points, width):
    return lambda: rng.choice(points) * (1 + rng.uniform(-width, width))


def positive(f):
    return lambda: abs(f())


quarter = [math.pi / 2 * n for n in range(1, 200)]
half_ln2 = [math.log(2) * (n + 0.5) for n in range(-40, 40)]
sigmoid = lambda x: 1 / (1 + exp(-x))
for name, f, regions in (
    ("exp", exp, (uniform(-1, 1), uniform(-745.5, 709.9), near(half_ln2, 1e-9), uniform(-745, -708), scale(-60, 0), uniform(-8.4, -7.6))),
    ("expm1", expm1, (uniform(-1, 1), uniform(-45, 709.9), near(half_ln2, 1e-9), scale(-1074, 0), uniform(0.34, 0.42), uniform(0.3, 1.1))),
    ("log", log, (uniform(0.5, 2), positive(scale(-1073, 1023)), uniform(1.3, 1.5), near([1.0], 1e-6), uniform(0.61, 0.67))),
    ("log1p", log1p, (uniform(-0.5, 1), uniform(-1, -0.5), positive(scale(-30, 1023)), scale(-1073, -2), uniform(0.3, 0.5), uniform(0.41, 0.48))),
    ("tanh", tanh, (uniform(-1, 1), uniform(-20, 20), scale(-1074, 1), uniform(0.1, 0.6), uniform(0.5, 0.55))),
    ("sigmoid", sigmoid, (uniform(-1, 1), uniform(-745, 40), uniform(-745, -705), scale(-60, 3), uniform(-4.3, -4.1))),
    ("erf", erf, (uniform(-1, 1), uniform(1, 2), uniform(1, 6.1), scale(-1022, 0), near([1.0], 1e-3), uniform(1, 1.1))),
    ("sin", sin, (uniform(-0.8, 0.8), uniform(-20, 20), scale(-1074, 1023), near(quarter, 1e-12), uniform(0, 2**21))),
    ("cos", cos, (uniform(-0.8, 0.8), uniform(-20, 20), scale(-40, 1023), near(quarter, 1e-12), uniform(0, 2**21))),
):
    for region in regions:
        for _ in range(count):
            line(name, f, region())

# The float64 nearest to a multiple of π/2: J.-M. Muller, "Elementary Functions", 3rd ed., section 11.3.2.
for name, f in (("sin", sin), ("cos", cos)):
    line(name, f, math.ldexp(6381956970095103, 797))

bases = (positive(scale(-1073, 1023)), uniform(0, 2), near([1.0], 1e-4), uniform(1, 1000))
for base in bases:
    for _ in range(2 * count):
        x = base()
        limit = 1074 * math.log(2) / max(abs(math.log(x)), 1e-300)
        line("pow", lambda a, b: a**b, x, rng.uniform(-1, 1) * min(limit, 1e300) * rng.choice((1, 1, 0.01)))
for _ in range(count):
    line("pow", lambda a, b: a**b, float(rng.randint(2, 40)), float(rng.randint(-30, 60)))
for region in (uniform(-8, 8), scale(-1074, 1023), near([2.0**k for k in range(-6, 7)], 1e-6), scale(-602, -598)):
    for _ in range(count):
        line("cbrt", lambda x: mp.sign(x) * cbrt(abs(x)), region())
