"""Cases of the random ops: stateful with seeds, stateless by a seed, by key and counter."""

import numpy as np

from draw import TYPES, Case
from gen_array import INDEX


def sizes(d, max_rank=3, high=30):
    return d.shape(max_rank=max_rank, high=high)


def seeds(d):
    return dict(seed=d.int(1, 10**6), seed2=d.int(0, 10**12))


def seed(d):
    """A seed: of the whole range, or small numbers of either sign."""
    t = TYPES[d.pick(INDEX)]
    low, high = (np.iinfo(t).min, np.iinfo(t).max) if d.flag() else (-5, 5)
    return d.rng.integers(low, high, 2, dtype=t, endpoint=True)


def key(d):
    """A key, a counter that may be about to overflow its lower half, an algorithm's number."""
    words = d.rng.integers(0, 2**64, 3, dtype=np.uint64)
    if d.flag(0.3):
        words[1] = 2**64 - 1 - d.int(0, 3)
    return [words[:1], words[1:], np.int32(d.pick([1, 1, 3]))]


def vector(d, dims):
    return np.array(dims, TYPES[d.pick(INDEX)])


def bounds(d, t):
    low = d.int(-100, 100)
    return [t(low), t(low + d.int(1, 1000))]


def stateless(bounded=False, keyed=False):
    def gen(d):
        dtype = d.type("dtype")
        where = key(d) if keyed else [seed(d)]
        shape = vector(d, sizes(d))
        if bounded:
            return Case(shape, *where, *bounds(d, TYPES[dtype]))
        return Case(shape, *where, dtype=dtype)
    return gen


def parameters(d, t, low, high, wild=()):
    """A parameter's values; in wild cases some are odd ones."""
    v = d.values(t, sizes(d, 2, 4), low, high, wild=False)
    if wild and d.wild:
        v = np.where(d.rng.random(v.shape) < 0.3, d.rng.choice(np.array(wild), v.shape), v).astype(v.dtype)
    return np.asarray(v)


def alphas(d, attr):
    return parameters(d, d.type(attr), 0.05, d.pick([1.0, 3.0, 50.0]), (0.0, 1.0, -2.0, np.nan, np.inf, 1e3))


def gamma(d):
    # Gradients of other runs would be of other numbers.
    return Case(vector(d, sizes(d, 2, 9)), alphas(d, "T"), grad=False, **seeds(d))


def stateless_gamma(keyed):
    def gen(d):
        alpha = alphas(d, "dtype")
        return Case(vector(d, sizes(d, 2, 9) + alpha.shape), *(key(d) if keyed else [seed(d)]), alpha)
    return gen


def gamma_grad(d):
    t = d.type()
    a, b = d.broadcast_pair()
    return Case(d.values(t, a, 0.2, 9, wild=False), d.values(t, b, 0.1, 12, wild=False))


def rates(d, attr):
    return parameters(d, d.type(attr), 0, d.pick([2, 12, 300]), (0, 10, -1))


def poisson(new):
    def gen(d):
        if not new:
            rate = rates(d, "dtype")
            return Case(vector(d, sizes(d, 2, 9)), rate, dtype=rate.dtype.type, **seeds(d))
        return Case(vector(d, sizes(d, 2, 9)), rates(d, "R"), dtype=d.type("dtype"), **seeds(d))
    return gen


def stateless_poisson(d):
    lam = rates(d, "Rtype")
    return Case(vector(d, sizes(d, 2, 9) + lam.shape), seed(d), lam, dtype=d.type("dtype"))


def binomial(d):
    t = d.type("T")
    a, b = d.broadcast_pair(max_rank=2)
    counts = d.values(t, a, 0, d.pick([8, 60, 2000]), wild=False)
    probs = d.values(t, b, 0, 1, wild=False)
    counts = counts if d.flag() else counts.round()
    if d.wild:
        counts = np.where(d.rng.random(a) < 0.2, -counts, counts).astype(counts.dtype)
        probs = np.where(d.rng.random(b) < 0.3, d.rng.choice(np.array([0.0, 1.0, -0.5, 1.5]), b), probs)
    ending = np.broadcast_shapes(a, b)
    return Case(vector(d, sizes(d, 2, 9) + ending), seed(d), np.asarray(counts),
                np.asarray(probs).astype(TYPES[t]), dtype=d.type("dtype"))


def truncated(d):
    t = TYPES[d.type("dtype")]
    rows = d.int(1, 5)
    shape = (rows,) + sizes(d, 2, 12)
    if d.flag(0.3):
        shape = (d.int(90, 230),)
    many = lambda: () if d.flag(0.6) else (1,) if d.flag(0.3) else (shape[0],)
    real = lambda low, high: np.asarray(d.rng.uniform(low, high, many())).astype(t)
    way = d.int(0, 4)  # within, one-sided, narrow, far from the mean on either side
    low, high = [(real(-3, -1), real(0.5, 3)), (real(-1, 2), np.asarray(np.inf, t)), (real(0.1, 0.3), real(0.4, 0.6)),
                 (real(2, 3), real(4, 9)), (np.asarray(-np.inf, t) if d.flag() else real(-9, -4), real(-3, -2))][way]
    return Case(vector(d, shape), np.asarray(0, t) if way > 2 else real(-0.3, 0.3), real(0.7, 1.5), low, high,
                **seeds(d))


def multinomial(stateless_):
    def gen(d):
        logits = d.values(d.type(), (d.dim(5), d.int(1, 9)), -4, 4)
        return Case(logits, np.int32(d.int(0, 20)), *([seed(d)] if stateless_ else []),
                    output_dtype=d.pick(INDEX), **({} if stateless_ else seeds(d)))
    return gen


GENERATORS = {
    "Multinomial": multinomial(False), "StatelessMultinomial": multinomial(True),
    "RandomGamma": gamma, "RandomGammaGrad": gamma_grad, "RandomPoisson": poisson(False),
    "RandomPoissonV2": poisson(True), "StatelessRandomGammaV2": stateless_gamma(False),
    "StatelessRandomGammaV3": stateless_gamma(True), "StatelessRandomPoisson": stateless_poisson,
    "StatelessRandomBinomial": binomial, "ParameterizedTruncatedNormal": truncated,
    "StatelessRandomGetKeyCounter": lambda d: Case(seed(d)),
    "StatelessRandomGetKeyCounterAlg": lambda d: Case(seed(d)),
    "StatelessRandomGetAlg": lambda d: Case(),
}
for v2 in (False, True):
    name = lambda op: op + ("V2" if v2 else "")
    for op in "StatelessRandomUniform StatelessRandomNormal StatelessTruncatedNormal".split():
        GENERATORS[name(op)] = stateless(keyed=v2)
    GENERATORS[name("StatelessRandomUniformInt")] = stateless(True, v2)
    GENERATORS[name("StatelessRandomUniformFullInt")] = stateless(False, v2)
