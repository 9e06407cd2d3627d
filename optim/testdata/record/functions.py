"""The analytic error functions E(x, y), their gradients by hand, and starts.

Every formula is written over a number system R (see reals.py), so the same
line runs in float64 and in 50-digit decimals.
"""


class Function:
    """E with its gradient, its known stationary points and where to start.

    stationary: points where the gradient is exactly zero in float64.
    minima: (point, value, source) of the known global minima.
    """

    def __init__(self, name, formula, value, gradient, starts, stationary, minima):
        self.name, self.formula = name, formula
        self.value, self.gradient = value, gradient
        self.starts, self.stationary, self.minima = starts, stationary, minima


# rosenbrock: with r = y - x², E = (1-x)² + 100 r², r_x = -2x, r_y = 1.
def rosenbrock(x, y, R):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def rosenbrock_gradient(x, y, R):
    r = y - x * x
    return -2 * (1 - x) - 400 * x * r, 200 * r


# beale: E = Σ aᵢ², aᵢ = cᵢ - x + x yⁱ, so aᵢ_x = yⁱ - 1 and aᵢ_y = i x yⁱ⁻¹.
def _beale_terms(x, y, R):
    return (
        R.num(1.5) - x + x * y,
        R.num(2.25) - x + x * y * y,
        R.num(2.625) - x + x * y * y * y,
    )


def beale(x, y, R):
    a, b, c = _beale_terms(x, y, R)
    return a * a + b * b + c * c


def beale_gradient(x, y, R):
    a, b, c = _beale_terms(x, y, R)
    gx = 2 * (a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1))
    gy = 2 * (a * x + b * 2 * x * y + c * 3 * x * y * y)
    return gx, gy


# himmelblau: E = a² + b², a = x² + y - 11, b = x + y² - 7.
def himmelblau(x, y, R):
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def himmelblau_gradient(x, y, R):
    a, b = x * x + y - 11, x + y * y - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


# booth: E = a² + b², a = x + 2y - 7, b = 2x + y - 5.
def booth(x, y, R):
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def booth_gradient(x, y, R):
    a, b = x + 2 * y - 7, 2 * x + y - 5
    return 2 * a + 4 * b, 4 * a + 2 * b


# ravine: a quadratic with curvatures 1 and 25.
def ravine(x, y, R):
    return (x * x + 25 * y * y) / 2


def ravine_gradient(x, y, R):
    return x, 25 * y


def saddle(x, y, R):
    return x * x - y * y


def saddle_gradient(x, y, R):
    return 2 * x, -2 * y


# monkey: the real part of (x + iy)³; its Hessian vanishes at the origin.
def monkey(x, y, R):
    return x * x * x - 3 * x * y * y


def monkey_gradient(x, y, R):
    return 3 * (x * x - y * y), -6 * x * y


# rastrigin: E = 2A + Σ (z² - A cos 2πz), A = 10.
def rastrigin(x, y, R):
    w = 2 * R.pi
    return 20 + (x * x - 10 * R.cos(w * x)) + (y * y - 10 * R.cos(w * y))


def rastrigin_gradient(x, y, R):
    w = 2 * R.pi
    return 2 * x + 10 * w * R.sin(w * x), 2 * y + 10 * w * R.sin(w * y)


# ackley: E = -a exp(-b s) - exp(k) + a + e with a = 20, b = 0.2, c = 2π,
# s = sqrt((x²+y²)/2), k = (cos cx + cos cy)/2; s_x = x/(2s), k_x = -c sin(cx)/2.
# At the origin s is a cone's tip: E has no gradient there (the one-sided slopes
# are ±a b/√2 along an axis). By symmetry 0 is the middle of its subgradients and
# is what this file returns; no recorded trajectory passes through the origin.
def ackley(x, y, R):
    s = R.sqrt((x * x + y * y) / 2)
    c = 2 * R.pi
    k = (R.cos(c * x) + R.cos(c * y)) / 2
    return -20 * R.exp(-R.num(0.2) * s) - R.exp(k) + 20 + R.exp(R.num(1.0))


def ackley_gradient(x, y, R):
    s = R.sqrt((x * x + y * y) / 2)
    if s == 0:
        return R.num(0.0), R.num(0.0)
    c = 2 * R.pi
    ek = R.exp((R.cos(c * x) + R.cos(c * y)) / 2)
    cone = 20 * R.num(0.2) * R.exp(-R.num(0.2) * s) / (2 * s)
    return (
        cone * x + ek * c * R.sin(c * x) / 2,
        cone * y + ek * c * R.sin(c * y) / 2,
    )


_MGH = "Moré, Garbow, Hillstrom 1981"
_HAND = "by hand: every square is zero"

FUNCTIONS = [
    Function(
        "rosenbrock", "(1-x)^2 + 100 (y-x^2)^2", rosenbrock, rosenbrock_gradient,
        starts=[(-1.2, 1.0), (0.5, -0.75), (1.5, 2.0)],
        stationary=[(1.0, 1.0)],
        minima=[((1.0, 1.0), 0.0, _HAND + "; start (-1.2, 1): " + _MGH)],
    ),
    Function(
        "beale", "(1.5-x+xy)^2 + (2.25-x+xy^2)^2 + (2.625-x+xy^3)^2", beale, beale_gradient,
        starts=[(1.0, 1.0), (-1.0, -0.5), (2.0, -1.0)],
        stationary=[(3.0, 0.5)],
        minima=[((3.0, 0.5), 0.0, _HAND + "; start (1, 1): " + _MGH)],
    ),
    Function(
        "himmelblau", "(x^2+y-11)^2 + (x+y^2-7)^2", himmelblau, himmelblau_gradient,
        starts=[(0.0, 0.0), (-4.0, 1.0), (1.0, -3.5)],
        stationary=[(3.0, 2.0)],
        minima=[((3.0, 2.0), 0.0, _HAND)],
    ),
    Function(
        "booth", "(x+2y-7)^2 + (2x+y-5)^2", booth, booth_gradient,
        starts=[(0.0, 0.0), (-5.0, 8.0), (10.0, -3.0)],
        stationary=[(1.0, 3.0)],
        minima=[((1.0, 3.0), 0.0, _HAND)],
    ),
    Function(
        "ravine", "(x^2 + 25 y^2) / 2", ravine, ravine_gradient,
        starts=[(10.0, 1.0), (-3.0, -2.0), (4.0, 0.0)],
        stationary=[(0.0, 0.0)],
        minima=[((0.0, 0.0), 0.0, _HAND)],
    ),
    Function(
        "saddle", "x^2 - y^2", saddle, saddle_gradient,
        starts=[(1.0, 0.001), (-0.5, -0.25), (1.0, 0.0)],
        stationary=[(0.0, 0.0)],
        minima=[],
    ),
    Function(
        "monkey", "x^3 - 3 x y^2", monkey, monkey_gradient,
        starts=[(0.5, 0.1), (0.125, -0.2), (1.0, 0.0)],
        stationary=[(0.0, 0.0)],
        minima=[],
    ),
    Function(
        "rastrigin", "20 + x^2 - 10 cos(2 pi x) + y^2 - 10 cos(2 pi y)", rastrigin, rastrigin_gradient,
        starts=[(0.3, -0.2), (2.2, 1.85), (-3.4, 0.45)],
        stationary=[(0.0, 0.0)],
        minima=[((0.0, 0.0), 0.0, "by hand: both cosines are 1")],
    ),
    Function(
        "ackley",
        "-20 exp(-0.2 sqrt((x^2+y^2)/2)) - exp((cos(2 pi x)+cos(2 pi y))/2) + 20 + e",
        ackley, ackley_gradient,
        starts=[(1.5, -0.75), (-2.3, 2.6), (0.4, 0.3)],
        stationary=[],
        minima=[((0.0, 0.0), 0.0, "by hand: 20 - 20 + e - e; not differentiable there")],
    ),
]
