"""Cases of the element-wise, reduction and matrix ops."""

import numpy as np

from draw import FLOATS, INTS, TYPES, Case


def unary(low=-4.0, high=4.0, attr="T", **attrs):
    def gen(d):
        extra = {k: (v(d) if callable(v) else v) for k, v in attrs.items()}
        return Case(d.values(d.type(attr), d.shape(), low, high), **extra)
    return gen


def grad_pair(low=-4.0, high=4.0):
    """(y or x, dy) of equal shapes: TensorFlow's cwise gradient ops."""
    def gen(d):
        t, s = d.type(), d.shape()
        return Case(d.values(t, s, low, high), d.values(t, s, -2, 2))
    return gen


def binary(low=-4.0, high=4.0, low2=None, high2=None, nonzero=False, **attrs):
    def gen(d):
        t = d.type()
        a, b = d.broadcast_pair()
        x = d.values(t, a, low, high)
        y = d.values(t, b, low if low2 is None else low2, high if high2 is None else high2)
        if nonzero and t in INTS:
            y = d.away_from(y, 0, 3)
            if np.issubdtype(y.dtype, np.signedinteger):
                y = d.away_from(y, -1, 2)  # TensorFlow dies of min / -1
        return Case(x, y, **{k: (v(d) if callable(v) else v) for k, v in attrs.items()})
    return gen


def power(d):
    t = d.type()
    a, b = d.broadcast_pair()
    if t in INTS:
        return Case(d.values(t, a, -5, 5), d.values(t, b, 0, 6, wild=False))
    return Case(d.values(t, a, -3 if d.flag(0.3) else 0.1, 4), d.values(t, b, -3, 3))


def logical(d):
    a, b = d.broadcast_pair()
    return Case(d.values("bool", a), d.values("bool", b))


def approximate_equal(d):
    t, s = d.type(), d.shape()
    x = d.values(t, s)
    y = x if d.flag(0.4) else d.values(t, s)
    return Case(x, y, tolerance=d.pick([1e-5, 0.5, 1.0, 2.0]))


def add_n(d):
    t, s = d.type(), d.shape()
    wild = d.wild and t not in ("half", "bfloat16")  # as reduction
    return Case([d.values(t, s, wild=wild) for _ in range(d.pick([1, 2, 3, 8, 9, 12]))])


def select(d):
    t, s = d.type(), d.shape()
    cond = s
    if d.flag(0.3):
        cond = ()
    elif s and d.flag(0.3):
        cond = s[:1]
    return Case(d.values("bool", cond), d.values(t, s), d.values(t, s))


def select_v2(d):
    t = d.type()
    a, b = d.broadcast_pair()
    c = np.broadcast_shapes(a, b)
    c = tuple(1 if d.flag(0.2) else n for n in c)[d.int(0, len(c)):]
    return Case(d.values("bool", c), d.values(t, a), d.values(t, b))


def clip(d):
    t, s = d.type(), d.shape()
    b = s if d.flag(0.3) else ()
    return Case(d.values(t, s), d.values(t, b, -3, 0, wild=False),
                d.values(t, s if d.flag(0.3) else (), 1, 3, wild=False))


def cast(d):
    src, dst = d.type("SrcT"), d.pick(d.types("DstT"))
    if "string" in (src, dst):
        src = dst = "string"
    shape, low, high = d.shape(), -100, 100
    if src in FLOATS and dst in INTS and not d.wild:
        low, high = max(low, np.iinfo(TYPES[dst]).min), min(5e4, np.iinfo(TYPES[dst]).max)
    elif src in FLOATS and dst in INTS:
        # Out of range TensorFlow's vector loop saturates, its scalar loop wraps: Weir does as the latter, for any size.
        shape, low, high = (d.int(1, 3),), -5e9, 5e9
    elif src in INTS:
        low, high = -2**31, 2**31
    return Case(d.values(src, shape, low, high), DstT=dst, Truncate=d.flag(0.2) and not d.wild)


def reduction(low=-3.0, high=3.0, dtype=None):
    def gen(d):
        t, s = dtype or d.type(), d.shape()
        # Sums of 16 bits are not wild: TensorFlow rounds or overflows between steps, in an order of its own.
        wild = d.wild and t not in ("half", "bfloat16")
        return Case(d.values(t, s, low, high, wild), d.axes(len(s), d.pick(["int32", "int64"])), keep_dims=d.flag())
    return gen


def arg_reduce(d):
    t, s = d.type(), d.shape(min_rank=1)
    axis = d.int(-len(s), len(s) - 1)
    if s[axis] == 0 and d.flag(0.8):
        s = tuple(n or 2 for n in s)
    return Case(d.values(t, s), TYPES[d.pick(["int32", "int64"])](axis), output_type=d.pick(d.types("output_type")))


def scan(low=-3.0, high=3.0):
    def gen(d):
        t, s = d.type(), d.shape(min_rank=1)
        return Case(d.values(t, s, low, high), TYPES[d.pick(["int32", "int64"])](d.int(-len(s), len(s) - 1)),
                    exclusive=d.flag(), reverse=d.flag())
    return gen


def range_(d):
    # half is declared, but its shape function refuses it
    t = d.type("Tidx", ["bfloat16", "double", "float", "int32", "int64"])
    n = TYPES[t]
    a, b = d.int(-5, 5), d.int(-5, 20)
    if t in FLOATS and b < a + 1 and d.flag(0.9):
        b += 11
    delta = d.pick([1, 2, 3]) * (1 if b >= a else -1)
    if t.startswith("u"):
        a, b, delta = abs(a), abs(a) + abs(b), abs(delta)
    if t in FLOATS:
        return Case(n(a + 0.25), n(b), n(delta * 0.5))
    return Case(n(a), n(b), n(delta))


def lin_space(d):
    t = TYPES[d.type()]
    return Case(t(d.int(-10, 10) / 4), t(d.int(-10, 40) / 4), TYPES[d.pick(["int32", "int64"])](d.int(1, 20)))


def matmul(d):
    t = d.type()
    m, k, n = d.dim(9), d.dim(9), d.dim(9)
    if d.flag(0.1) and not d.small:
        m, k, n = 67, 130, 41
    ta, tb = d.flag(), d.flag()
    return Case(d.values(t, (k, m) if ta else (m, k)), d.values(t, (n, k) if tb else (k, n)),
                transpose_a=ta, transpose_b=tb)


def batch_matmul(broadcast):
    def gen(d):
        t = d.type("T")
        a, b = d.broadcast_pair(max_rank=2, high=3) if broadcast else (d.shape(max_rank=2, high=3),) * 2
        m, k, n = d.dim(6), d.dim(6), d.dim(6)
        ta, tb = d.flag(), d.flag()
        return Case(d.values(t, a + ((k, m) if ta else (m, k))), d.values(t, b + ((n, k) if tb else (k, n))),
                    adj_x=ta, adj_y=tb)
    return gen


def segment_sum(d):
    t, s = d.type(), d.shape(min_rank=1, empty=0.03)
    ids = np.sort(d.index(4, s[:1], d.pick(["int32", "int64"])))
    return Case(d.values(t, s), ids)


def unsorted_segment_sum(d):
    t, s = d.type(), d.shape(empty=0.03)
    k, n = d.int(0, len(s)), d.int(1, 6)
    ids = d.index(n, s[:k], d.pick(["int32", "int64"]))
    if d.flag(0.3):
        ids = np.where(d.rng.random(ids.shape) < 0.3, ids.dtype.type(-1), ids)
    return Case(d.values(t, s), ids, TYPES[d.pick(["int32", "int64"])](n))


GENERATORS = {
    "AddN": add_n, "Select": select, "SelectV2": select_v2, "ClipByValue": clip, "Cast": cast, "Pow": power,
    "ApproximateEqual": approximate_equal, "Range": range_, "LinSpace": lin_space, "MatMul": matmul,
    "BatchMatMul": batch_matmul(False), "BatchMatMulV2": batch_matmul(True), "SegmentSum": segment_sum,
    "UnsortedSegmentSum": unsorted_segment_sum, "SegmentProd": segment_sum, "UnsortedSegmentProd": unsorted_segment_sum,
    "ArgMax": arg_reduce, "ArgMin": arg_reduce,
    "Cumsum": scan(), "Cumprod": scan(-2, 2), "All": reduction(dtype="bool"), "Any": reduction(dtype="bool"),
    "Sum": reduction(), "Mean": reduction(), "Prod": reduction(-2, 2), "Min": reduction(), "Max": reduction(),
    "EuclideanNorm": reduction(), "LogicalAnd": logical, "LogicalOr": logical,
    "LogicalNot": lambda d: Case(d.values("bool", d.shape())),
    "Acos": unary(-1.1, 1.1), "Asin": unary(-1.1, 1.1), "Acosh": unary(0.9, 9), "Atanh": unary(-1.1, 1.1),
    "Sqrt": unary(-0.5, 9), "Rsqrt": unary(-0.5, 9), "Log": unary(-0.5, 9), "Log1p": unary(-1.2, 9),
    "Round": unary(-9, 9), "Rint": unary(-9, 9), "Erf": unary(), "Erfinv": unary(-1.1, 1.1), "Tanh": unary(-11, 11),
    "Sigmoid": unary(-20, 20),
    "Softplus": unary(-40, 40), "LeakyRelu": unary(alpha=lambda d: d.pick([0.2, 0.0, 1.5, -0.5])),
    "Relu6": unary(-3, 9),
    "SqrtGrad": grad_pair(0.1, 4), "RsqrtGrad": grad_pair(0.1, 4), "TanhGrad": grad_pair(-1, 1),
    "SigmoidGrad": grad_pair(0, 1),
    "ReciprocalGrad": grad_pair(), "InvGrad": grad_pair(), "ReluGrad": grad_pair(), "Relu6Grad": grad_pair(-3, 9),
    "EluGrad": grad_pair(-1, 4), "SeluGrad": grad_pair(-1.7, 4), "SoftplusGrad": grad_pair(-40, 40),
    "SoftsignGrad": grad_pair(),
    "Xlogy": binary(-4, 4, 0, 6), "Xlog1py": binary(-4, 4, -1, 6), "Xdivy": binary(), "Atan2": binary(),
    "MulNoNan": binary(), "DivNoNan": binary(),
    "Equal": binary(-2, 2), "NotEqual": binary(-2, 2),
}
def leaky_relu_grad(d):
    t, s = d.type(), d.shape()
    return Case(d.values(t, s), d.values(t, s), alpha=d.pick([0.2, 0.0, 1.5]))


GENERATORS["LeakyReluGrad"] = leaky_relu_grad
for name in ("Abs Neg Sign Square Reciprocal Inv Exp Expm1 Sin Cos Tan Atan Asinh Sinh Cosh Erfc Floor Ceil Relu Elu "
             "Selu Softsign").split():
    GENERATORS[name] = unary()


def part(d):
    t = d.type()
    return Case(d.values(t, d.shape()), Tout="double" if t == "complex128" else "float")


def complex_(d):
    t = d.type("T", ["float", "double"])
    a, b = d.broadcast_pair()
    return Case(d.values(t, a), d.values(t, b), Tout="complex128" if t == "double" else "complex64")


GENERATORS.update({"Real": part, "Imag": part, "Angle": part, "ComplexAbs": part, "Conj": unary(), "Complex": complex_})
for name in "IsNan IsInf IsFinite".split():
    GENERATORS[name] = unary()
for name in "Add AddV2 Sub Mul Maximum Minimum SquaredDifference Less LessEqual Greater GreaterEqual".split():
    GENERATORS[name] = binary()
for name in "Div RealDiv FloorDiv TruncateDiv Mod FloorMod TruncateMod".split():
    GENERATORS[name] = binary(-20, 20, nonzero=True)
