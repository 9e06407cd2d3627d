"""Weighted minimax polynomials with coefficients of limited precision.

remez(g, w, a, b, degree) is the polynomial p that makes the largest
|w(x)·(g(x) − p(x))| on [a, b] smallest, by the exchange algorithm. rounded()
rounds its coefficients and searches their neighbourhood.
"""
from mpmath import mp, mpf, matrix, lu_solve, cos, floor, log, pi

mp.prec = 320


def horner(coefficients, x):
    y = mpf(0)
    for c in reversed(coefficients):
        y = y * x + c
    return y


def remez(g, w, a, b, degree):
    """Return (coefficients, lowest first; largest weighted error)."""
    n = degree + 2
    a, b = mpf(a), mpf(b)
    # The odd phase keeps points off the middle, where a weight like x² vanishes.
    grid = [a] + [(a + b) / 2 - (b - a) / 2 * cos(pi * (i + mpf("0.3")) / (24 * n)) for i in range(24 * n)] + [b]
    values = [(x, g(x), w(x)) for x in grid]
    nodes = [values[24 * i + 13] for i in range(n)]
    for _ in range(60):
        system, right = matrix(n, n), matrix(n, 1)
        for i, (x, gx, wx) in enumerate(nodes):
            for j in range(degree + 1):
                system[i, j] = x**j
            system[i, degree + 1] = (-1) ** i / wx
            right[i] = gx
        solution = lu_solve(system, right)
        p, level = [solution[j] for j in range(degree + 1)], abs(solution[degree + 1])
        errors = [wx * (gx - horner(p, x)) for x, gx, wx in values]
        # One extremum for each run of equal signs, then the best n neighbours.
        peaks = []
        for v, e in zip(values, errors):
            if peaks and (peaks[-1][1] > 0) == (e > 0):
                if abs(e) > abs(peaks[-1][1]):
                    peaks[-1] = (v, e)
            else:
                peaks.append((v, e))
        peaks = [(refine(v, e, g, w, p, a, b, (b - a) / (12 * n)), e) for v, e in peaks]
        while len(peaks) > n:
            del peaks[0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1]
        if len(peaks) < n:
            raise ValueError("lost an extremum")
        nodes = [v for v, _ in peaks]
        top = max(abs(v[2] * (v[1] - horner(p, v[0]))) for v in nodes)
        if top <= level * mpf("1.001"):
            break
    return p, top


def refine(v, e, g, w, p, a, b, step):
    """Climb from a grid point to the extremum beside it."""
    sign = 1 if e > 0 else -1
    best, top = v, abs(e)
    for _ in range(7):
        step /= 2
        for x in (best[0] - step, best[0] + step):
            if a <= x <= b:
                c = (x, g(x), w(x))
                h = sign * c[2] * (c[1] - horner(p, x))
                if h > top:
                    best, top = c, h
    return best


def to_format(x, bits):
    with mp.workprec(bits):
        return +x


def rounded(g, w, a, b, degree, bits):
    """remez with coefficients of `bits` bits: each goes to the nearest, then moves by
    units in its last place as long as that lowers the largest error. Returns
    (coefficients, largest weighted error of the rounded polynomial)."""
    exact, _ = remez(g, w, a, b, degree)
    p = [to_format(c, bits) for c in exact]
    samples = [(x, g(x), w(x)) for x in (mpf(a) + (mpf(b) - mpf(a)) * (i + mpf("0.37")) / 400 for i in range(400))]

    def worst(p):
        return max(abs(wx * (gx - horner(p, x))) for x, gx, wx in samples)

    top, moved = worst(p), True
    while moved:
        moved = False
        for i in range(len(p)):
            for step in (1, -1):
                q = list(p)
                q[i] += step * ulp(p[i], bits)
                e = worst(q)
                if e < top * mpf("0.999"):
                    p, top, moved = q, e, True
    return p, top


def ulp(x, bits):
    return mpf(2) ** (floor(log(abs(x), 2)) + 1 - bits)
