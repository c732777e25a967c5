"""Cases of linear algebra. Matrices are far from having no inverse, so that answers differ by rounding alone."""

import numpy as np

from draw import INTS, TYPES, Case


def batch(d):
    return d.shape(max_rank=2, high=3)


def order(d):
    """Of a matrix; beyond 16 Weir goes another way."""
    return d.pick([1, 2, 3, 4] if d.small else [1, 2, 3, 5, 8, 16, 17, 24])


def plain(d, t, shape, low=-2.0, high=2.0):
    return d.values(t, shape, low, high, wild=False)


def regular(d, t, shape):
    return (plain(d, t, shape) + 5 * np.eye(shape[-2], shape[-1])).astype(TYPES[t])


def definite(d, t, shape):
    x = plain(d, "double", shape)
    return (x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])).astype(TYPES[t])


def square(make, **attrs):
    def gen(d):
        t, n = d.type(), order(d)
        return Case(make(d, t, batch(d) + (n, n)), **{k: v(d) for k, v in attrs.items()})
    return gen


def flag(d):
    return d.flag()


def cholesky_grad(d):
    t, n = d.type(), order(d)
    s = batch(d) + (n, n)
    return Case(np.tril(regular(d, t, s)).astype(TYPES[t]), plain(d, t, s))


def determinant(d):
    t, n = d.type(), order(d)
    x = regular(d, t, batch(d) + (n, n))
    # The gradient of a matrix without an inverse is an error.
    if d.flag(0.1):
        return Case(x * 0, grad=False)
    return Case(x)


def triangular_solve(d):
    t, n = d.type(), order(d)
    a, b = d.broadcast_pair(max_rank=2, high=3)
    return Case(regular(d, t, a + (n, n)), plain(d, t, b + (n, d.dim(3))), lower=d.flag(), adjoint=d.flag())


def solve(d):
    t, n, b = d.type(), order(d), batch(d)
    a = regular(d, t, b + (n, n))
    return Case(a * 0 if d.flag(0.1) else a, plain(d, t, b + (n, d.dim(3))), adjoint=d.flag())


def solve_ls(d):
    t, m, n, b = d.type(), order(d), order(d), batch(d)
    fast = d.flag(0.7)
    return Case(regular(d, t, b + (m, n)), plain(d, t, b + (m, d.int(1, 3))), np.float64(d.pick([0.0, 0.5, 2.0])),
                fast=fast, grad=False)  # TensorFlow's gradient of unknown sizes is a branch


def qr(d):
    t = d.type()
    # TensorFlow's gradient wants sizes that are known while building.
    return Case(regular(d, t, batch(d) + (order(d), order(d))), full_matrices=d.flag(), grad=False)


def svd(d):
    case = Case(regular(d, d.type(), batch(d) + (order(d), order(d))), compute_uv=d.flag(), full_matrices=d.flag(),
                grad=False)
    case.undefined = (1, 2)  # columns of any sign, or nothing
    return case


def eig(d):
    t, n = d.type(), order(d)
    case = Case(regular(d, t, batch(d) + (n, n)), compute_v=d.flag(), grad=False)
    case.undefined = (1,)
    return case


def lu(d):
    t, n = d.type(), order(d)
    return Case(plain(d, t, batch(d) + (n, n)) if d.flag(0.9) else np.zeros((n, n), TYPES[t]),
                output_idx_type=d.pick(["int32", "int64"]))


def cross(d):
    t, s = d.type(), d.shape(max_rank=3) + (3,)
    return Case(d.values(t, s), d.values(t, s))


def tridiagonal_mul(d):
    t, n, b = d.type(), d.int(1, 5), batch(d)
    return Case(*[plain(d, t, b + (1, n)) for _ in range(3)], plain(d, t, b + (n, d.dim(3))))


def tridiagonal_solve(d):
    t, n, b = d.type(), d.int(1, 6), batch(d)
    x = plain(d, t, b + (3, n), -1, 1)
    x[..., 1, :] += 3
    return Case(x, plain(d, t, b + (n, d.int(1, 3))), partial_pivoting=d.flag())


EQUATIONS = ["ij,jk->ik", "bij,bjk->bik", "ij->ji", "ij->j", "ij->", "ii->i", "ii->", "i->ii", "i,j->ij", "ij,ij->",
             "abcd,aecd->acbe", "acbe,aecd->abcd", "abc,cd->ad", "...ij,...jk->...ik", "...ij,jk->...ik",
             "a...,b...->ab...", "i...j->...", "iij,jk->ki", "...j,j...->..."]


def einsum(d):
    t, equation = d.type(), d.pick(EQUATIONS)
    sizes = {c: d.int(1, 4) for c in equation if c.isalpha()}
    batch_axes = d.shape(max_rank=2, high=3, empty=0)
    inputs = []
    for term in equation.split("->")[0].split(","):
        before, _, behind = term.partition("...")
        dots = tuple(1 if d.flag(0.2) and "," in equation else n for n in batch_axes) if "..." in term else ()
        shape = tuple(sizes[c] for c in before) + dots + tuple(sizes[c] for c in behind)
        inputs.append(plain(d, t, shape) if t not in INTS else d.values(t, shape, wild=False))
    # TensorFlow adds products of 16 bits up in that type, and in its gradients rounds each step.
    return Case(inputs, equation=equation, grad=t not in ("half", "bfloat16"))


ALIGN = ["LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"]


class Band:
    """A band of diagonals in matrices of a random size; `k` as the op takes it."""

    def __init__(self, d, version):
        self.m, self.n, self.batch = d.int(1, 5), d.int(1, 5), d.shape(max_rank=2, high=3)
        self.low = d.int(1 - self.m, self.n - 1)
        self.high = d.int(self.low, self.n - 1) if d.flag(0.6) else self.low
        if version == 1:
            self.low = self.high = 0
        self.k = np.array([self.low, self.high], np.int32)
        if self.low == self.high and d.flag():
            self.k = np.int32(self.low)
        self.length = min(self.m + min(self.high, 0), self.n - max(self.low, 0))
        self.packed = self.batch + ((self.high - self.low + 1,) if self.low != self.high else ()) + (self.length,)
        self.attrs = {"align": d.pick(ALIGN)} if version == 3 else {}


def diag(version):
    def gen(d):
        b, t = Band(d, version), d.type()
        x = d.values(t, b.packed)
        if version == 1:
            return Case(x)
        rows, cols = (np.int32(n if d.flag() else -1) for n in (b.m, b.n))
        if d.flag(0.1):
            rows = np.int32(b.m + 1)
        return Case(x, b.k, rows, cols, d.values(t, ()), **b.attrs)
    return gen


def diag_part(version):
    def gen(d):
        b, t = Band(d, version), d.type()
        x = d.values(t, b.batch + (b.m, b.n))
        return Case(x) if version == 1 else Case(x, b.k, d.values(t, ()), **b.attrs)
    return gen


def set_diag(version):
    def gen(d):
        b, t = Band(d, version), d.type()
        x, y = d.values(t, b.batch + (b.m, b.n)), d.values(t, b.packed)
        return Case(x, y) if version == 1 else Case(x, y, b.k, **b.attrs)
    return gen


GENERATORS = {
    "Cholesky": square(definite), "CholeskyGrad": cholesky_grad, "MatrixInverse": square(regular, adjoint=flag),
    "MatrixDeterminant": determinant, "LogMatrixDeterminant": determinant, "MatrixSolve": solve,
    "MatrixTriangularSolve": triangular_solve, "MatrixSolveLs": solve_ls, "Qr": qr, "Svd": svd, "SelfAdjointEigV2": eig,
    "Lu": lu, "MatrixSquareRoot": square(definite), "MatrixLogarithm": square(regular), "Cross": cross,
    "TridiagonalMatMul": tridiagonal_mul,
    "TridiagonalSolve": tridiagonal_solve, "Einsum": einsum,
    **{name + ("" if v == 1 else f"V{v}"): make(v) for v in (1, 2, 3)
       for name, make in (("MatrixDiag", diag), ("MatrixDiagPart", diag_part), ("MatrixSetDiag", set_diag))},
}
