"""Two number systems with one interface: float64 and 50-digit decimals.

The decimal one judges the float one: it tells how far a recorded float64
trajectory is from the trajectory of exact arithmetic.
"""

import decimal
import math

_CONTEXT = decimal.Context(prec=50, Emin=-99999, Emax=99999)
decimal.setcontext(_CONTEXT)


class Float:
    """IEEE float64, Python's own float."""

    pi = math.pi
    num = staticmethod(float)
    sqrt = staticmethod(math.sqrt)
    exp = staticmethod(math.exp)
    sin = staticmethod(math.sin)
    cos = staticmethod(math.cos)
    log = staticmethod(math.log)


def _decimal_pi():
    # Machin: π = 16 atan(1/5) - 4 atan(1/239).
    def atan_inverse(n):
        n2, power, total, k = n * n, decimal.Decimal(1) / n, decimal.Decimal(0), 0
        while abs(power) > decimal.Decimal("1e-58"):
            total += (power if k % 2 == 0 else -power) / (2 * k + 1)
            power /= n2
            k += 1
        return total

    with decimal.localcontext(_CONTEXT) as c:
        c.prec = 60
        return 16 * atan_inverse(5) - 4 * atan_inverse(239)


_PI = _decimal_pi()


def _sin(x):
    # Reduce to [-π, π] at 60 digits, then the Taylor series.
    with decimal.localcontext(_CONTEXT) as c:
        c.prec = 60
        x = x - 2 * _PI * (x / (2 * _PI)).to_integral_value()
        term, total, k = x, x, 1
        while abs(term) > decimal.Decimal("1e-56"):
            term = -term * x * x / ((k + 1) * (k + 2))
            total += term
            k += 2
    return +total


class Decimal:
    """50 significant digits. num() takes the double's exact value."""

    # The functions are those of float64 callers, whose 2π is the double nearest
    # to 2π: exact arithmetic is done with the same constant.
    pi = decimal.Decimal(math.pi)
    num = staticmethod(decimal.Decimal)
    sqrt = staticmethod(lambda x: decimal.Decimal(x).sqrt())
    exp = staticmethod(lambda x: x.exp())
    log = staticmethod(lambda x: x.ln())
    sin = staticmethod(_sin)
    cos = staticmethod(lambda x: _sin(x + _PI / 2))
