"""Cases of ops on sparse tensors, which are given by positions, values and shape."""

import numpy as np

from draw import TYPES, Case


def positions(d, s, ordered):
    """Some distinct positions in a tensor of shape s."""
    total = int(np.prod(s))
    n = d.int(0, min(total, 12))
    flat = d.rng.permutation(total)[:n]
    if ordered:
        flat = np.sort(flat)
    return np.stack(np.unravel_index(flat, s), -1).reshape(n, len(s)).astype(np.int64)


def sizes(s):
    return np.array(s, np.int64).reshape(-1)


def reorder(d):
    s = d.shape(min_rank=1, max_rank=3)
    at = positions(d, s, d.flag(0.2))
    return Case(at, d.values(d.type(), (len(at),)), sizes(s))


def reshape(d):
    s = d.shape(min_rank=1, max_rank=4)
    at = positions(d, s, d.flag())
    new = list(s)
    d.rng.shuffle(new)
    while len(new) > 1 and d.flag():
        new[0] *= new.pop()
    if d.flag():
        new.insert(d.int(0, len(new)), 1)
    if d.flag():
        new[d.int(0, len(new) - 1)] = -1
    if d.flag(0.05):
        new[0] += 7
    return Case(at, sizes(s), sizes(new))


def fill_empty_rows(d):
    s = d.shape(min_rank=1, max_rank=3)
    at = positions(d, s, d.flag())
    t = d.type()
    if d.flag(0.05) and len(at):
        at[-1, 0] = 99
    return Case(at, d.values(t, (len(at),)), sizes(s), d.values(t, ()))


def fill_empty_rows_grad(d):
    n, t = d.int(0, 9), d.type()
    places = d.rng.permutation(n)[:d.int(0, n)].astype(np.int64)
    if d.flag(0.05) and len(places):
        places[0] = n
    return Case(places, d.values(t, (n,), wild=False), grad=False)


def product(d):
    t, kind = d.type(), TYPES[d.pick(["int32", "int64"])]
    adjoint_a, adjoint_b = d.flag(), d.flag()
    s, columns = (d.dim(7), d.dim(7)), d.dim(9)
    at = positions(d, s, d.flag())
    if d.flag(0.05) and len(at):
        at[0, d.int(0, 1)] = 99
    inner = s[0] if adjoint_a else s[1]
    b = d.values(t, (columns, inner) if adjoint_b else (inner, columns), wild=False)
    return Case(at.astype(kind), d.values(t, (len(at),), wild=False), sizes(s), b, adjoint_a=adjoint_a,
                adjoint_b=adjoint_b)


def dense_add(d):
    s, t, kind = d.shape(min_rank=1), d.type(), TYPES[d.pick(["int32", "int64"])]
    at = positions(d, s, d.flag())
    if d.flag(0.05) and len(at):
        at[0, 0] = 99
    return Case(at.astype(kind), d.values(t, (len(at),)), np.array(s, kind), d.values(t, s))


def cwise(d):
    s, t = d.shape(min_rank=1), d.type()
    at = positions(d, s, d.flag())
    if d.flag(0.05) and len(at):
        at[0, 0] = 99
    dense = tuple(1 if d.flag(0.25) else n for n in s)[d.pick([0, 0, 0, len(s), d.int(0, len(s))]):]
    y = d.values(t, dense, 1 if d.op.endswith("Div") and not d.flag(0.1) else -4)
    return Case(at, d.values(t, (len(at),)), sizes(s), y)


def slices(d):
    s = d.shape(min_rank=1, max_rank=3)
    at = positions(d, s, d.flag())
    start = np.array([d.int(-1, n) if d.flag(0.2) else d.int(0, max(n - 1, 0)) for n in s], np.int64)
    size = np.array([d.int(0, n + 2) for n in s], np.int64)
    if d.flag(0.05):
        size[0] = -1
    return Case(at, d.values(d.type(), (len(at),)), sizes(s), start, size)


def slice_grad(d):
    s = d.shape(min_rank=1, max_rank=3, empty=0.0)
    at = positions(d, s, True)
    start = np.array([d.int(0, n - 1) for n in s], np.int64)
    inside = at[(at >= start).all(1)] - start
    if d.flag(0.1) and len(inside):
        inside[-1, -1] += 50
    return Case(d.values(d.type(), (len(inside),), wild=False), at, start, inside, grad=False)


def concat(d):
    s, t = d.shape(min_rank=1, max_rank=3), d.type()
    axis = d.int(0, len(s) - 1)
    shapes = [s[:axis] + (d.dim(),) + s[axis + 1:] for _ in range(d.int(2, 4))]
    at = [positions(d, x, d.flag()) for x in shapes]
    if d.flag(0.05):
        shapes[1] = tuple(n + 1 for n in shapes[1])
    return Case(at, [d.values(t, (len(p),)) for p in at], [sizes(x) for x in shapes],
                concat_dim=d.pick([axis, axis - len(s)]))


def edit_distance(d):
    s, t = d.shape(min_rank=2, max_rank=3, empty=0), d.type()
    other = tuple(d.dim(empty=0) for _ in s)
    sides = []
    for shape in (s, other):
        at = positions(d, shape, True)
        sides += [at, d.values(t, (len(at),), 0, 2, wild=False), sizes(shape)]
    if d.flag(0.05) and len(sides[0]):
        sides[0][-1, 0] = 99
    return Case(*sides, normalize=d.flag(0.7), grad=False)


def split(d):
    s, t = d.shape(min_rank=1, max_rank=3, empty=0), d.type()
    at = positions(d, s, True)
    axis = d.int(0, len(s) - 1)
    parts = s[axis] + 1 if d.flag(0.05) else d.int(1, s[axis])
    return Case(np.int64(d.pick([axis, axis - len(s)])), at, d.values(t, (len(at),)), sizes(s), num_split=parts,
                grad=False)


def sparse_add(d):
    s, t = d.shape(min_rank=1, max_rank=3, empty=0), d.type()
    real = {"complex64": np.float32, "complex128": np.float64}.get(t, TYPES[t])
    sides = []
    for _ in range(2):
        at = positions(d, s, True)
        sides += [at, d.values(t, (len(at),), wild=False), sizes(s)]
    return Case(*sides, real(d.pick([0, 0, 1, 2])))


def sparse_add_grad(d):
    s, t = d.shape(min_rank=1, max_rank=3, empty=0), d.type()
    a, b = positions(d, s, True), positions(d, s, True)
    both = np.unique(np.concatenate([a, b]), axis=0)
    kept = both[d.rng.random(len(both)) < 0.8]
    return Case(d.values(t, (len(kept),), wild=False), a, b, kept, grad=False)


def sparse_reduce(d):
    s, t = d.shape(min_rank=1, max_rank=4, empty=0), d.type()
    at = positions(d, s, True)
    axes = np.array(d.axes(len(s)))
    return Case(at, d.values(t, (len(at),), wild=False), sizes(s), axes.astype(np.int32), keep_dims=d.flag())


def sparse_softmax(d):
    s, t = d.shape(min_rank=2, max_rank=4, empty=0), d.type()
    at = positions(d, s, True)
    return Case(at, d.values(t, (len(at),), wild=False), sizes(s))


def ordered_positions(d, s):
    return positions(d, s, True), sizes(s)


def few(d, t, n):
    """Elements of which many are equal."""
    if t == "string":
        return np.array([d.pick([b"", b"a", b"b", b"ab", b"\xff"]) for _ in range(n)] + [None], np.object_)[:-1]
    info = np.iinfo(TYPES[t])
    v = d.rng.integers(max(info.min, -3), 5, n).astype(TYPES[t])
    return np.where(d.rng.random(n) < 0.1, np.array(info.max, TYPES[t]), v)


def set_operation(d):
    t, s = d.type(), d.shape(min_rank=2, max_rank=4, empty=0.0)
    second = s[:-1] + (d.dim(empty=0.0),)
    if d.flag(0.03):
        second = (s[0] + 1,) + second[1:]

    def parts(s, sparse):
        if not sparse:
            return [few(d, t, int(np.prod(s))).reshape(s)]
        at, shape = ordered_positions(d, s)
        if d.flag(0.03) and len(at) > 1:
            at = at[::-1]
        return [at, few(d, t, len(at)), shape]

    a = parts(s, d.op.startswith("Sparse"))
    b = parts(second, not d.op.startswith("DenseToDense"))
    return Case(*a, *b, set_operation=d.pick([b"a-b", b"b-a", b"intersection", b"union"]))


def set_size(d):
    s = d.shape(min_rank=2, max_rank=4, empty=0.0)
    at, shape = ordered_positions(d, s)
    if d.flag(0.05) and len(at) > 1:
        at = at[::-1]
    return Case(at, few(d, d.type(), len(at)), shape)


GENERATORS = {"DenseToDenseSetOperation": set_operation, "DenseToSparseSetOperation": set_operation,
              "SparseToSparseSetOperation": set_operation, "SetSize": set_size,
              "SparseReorder": reorder, "SparseReshape": reshape, "SparseFillEmptyRows": fill_empty_rows,
              "SparseFillEmptyRowsGrad": fill_empty_rows_grad, "SparseTensorDenseMatMul": product,
              "SparseSlice": slices, "SparseSliceGrad": slice_grad, "SparseConcat": concat,
              "SparseTensorDenseAdd": dense_add, "SparseDenseCwiseMul": cwise, "SparseDenseCwiseDiv": cwise,
              "SparseDenseCwiseAdd": cwise, "EditDistance": edit_distance, "SparseSplit": split,
              "SparseAdd": sparse_add, "SparseAddGrad": sparse_add_grad, "SparseReduceSum": sparse_reduce,
              "SparseReduceMax": sparse_reduce, "SparseSoftmax": sparse_softmax}
