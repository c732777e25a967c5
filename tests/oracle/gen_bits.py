"""Cases of ops on bits and bytes, and of what only moves elements or checks shapes."""

import numpy as np

from draw import TYPES, Case, Var

SIZES = {t: np.dtype(TYPES[t]).itemsize for t in TYPES if t not in ("string", "bool")}


def bits(d):
    t = d.type()
    a, b = d.broadcast_pair()
    return Case(d.values(t, a, -100, 100), d.values(t, b, -9, 70 if d.op.endswith("Shift") else 100))


def unary_bits(d):
    return Case(d.values(d.type(), d.shape(), -100, 100))


def bitcast(d):
    src, dst = d.type(), d.pick(sorted(SIZES))
    s = d.shape(max_rank=3)
    if SIZES[src] < SIZES[dst]:
        s += (SIZES[dst] // SIZES[src],)
    v = d.rng.integers(0, 256, s + (SIZES[src],), np.uint8).view(TYPES[src]).reshape(s)
    return Case(v, type=dst, grad=False)


def roll(d):
    t, s = d.type(), d.shape(min_rank=1)
    n = d.int(0, 3)
    shift, axis = d.rng.integers(-9, 10, n), d.rng.integers(-len(s), len(s), n)
    if n == 1 and d.flag():
        shift, axis = shift[0], axis[0]
    return Case(d.values(t, s), np.asarray(shift).astype(TYPES[d.pick(["int32", "int64"])]),
                np.asarray(axis).astype(TYPES[d.pick(["int32", "int64"])]))


def ensure_shape(d):
    s = d.shape()
    want = [n if d.flag(0.6) else None for n in s]
    if s and d.flag(0.1):
        want[0] = s[0] + 1
    return Case(d.values(d.type(), s), shape=want)


def diag(d):
    return Case(d.values(d.type(), d.shape(min_rank=1, max_rank=3, high=4)))


def diag_part(d):
    s = d.shape(min_rank=1, max_rank=2, high=4)
    return Case(d.values(d.type(), s + s))


GENERATORS = {"Bitcast": bitcast, "Roll": roll, "EnsureShape": ensure_shape, "Diag": diag, "DiagPart": diag_part,
              "Invert": unary_bits, "PopulationCount": unary_bits,
              "DisableCopyOnRead": lambda d: Case(Var(d.values(d.pick(["float", "int32"]), d.shape())), grad=False)}
for name in "BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift".split():
    GENERATORS[name] = bits
