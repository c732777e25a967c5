"""Cases of special functions."""

import numpy as np

from draw import Case


def moderate(v):
    """Without finite numbers in the thousands, of which TensorFlow's incomplete functions lose half of the digits."""
    return np.where(np.isfinite(v) & (np.abs(v) > 100), v.dtype.type(2), v).astype(v.dtype)


def unary(low, high):
    return lambda d: Case(d.values(d.type(), d.shape(), low, high))


def binary(low, high, low2, high2):
    def gen(d):
        t = d.type()
        a, b = d.broadcast_pair()
        return Case(moderate(d.values(t, a, low, high)), moderate(d.values(t, b, low2, high2)))
    return gen


def polygamma(d):
    t = d.type()
    a, b = d.broadcast_pair()
    n = d.values(t, a, 0, 5, wild=False)
    return Case(n if d.flag(0.1) else n.round().astype(n.dtype), d.values(t, b, -2 if d.flag(0.2) else 0.1, 9))


def zeta(d):
    t = d.type()
    a, b = d.broadcast_pair()
    x = d.values(t, a, 0.8, 9)
    return Case(x.round().astype(x.dtype) if d.flag(0.3) else x, d.values(t, b, -2 if d.flag(0.2) else 0.1, 9))


def betainc(d):
    t, s = d.type(), d.shape()
    shapes = [() if d.flag(0.2) else s for _ in range(3)]
    a, b = moderate(d.values(t, shapes[0], 0.1, 9)), moderate(d.values(t, shapes[1], 0.1, 9))
    return Case(a, b, d.values(t, shapes[2], -0.02, 1.02))


GENERATORS = {
    "Lgamma": unary(-4, 9), "Digamma": unary(-4, 9), "Polygamma": polygamma, "Zeta": zeta,
    "Igamma": binary(-0.2, 9, -0.2, 15), "Igammac": binary(-0.2, 9, -0.2, 15),
    "IgammaGradA": binary(-0.2, 9, -0.2, 15), "Betainc": betainc, "Ndtri": unary(-0.05, 1.05),
    "BesselI0e": unary(-30, 30), "BesselI1e": unary(-30, 30),
}
