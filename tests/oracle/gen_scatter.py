"""Cases of scatters by position, segments, and what else reads slices by number."""

import numpy as np

from draw import TYPES, Case, Var

INDEX = ["int32", "int64"]


def positions(d, s, depth, distinct):
    """Positions of `depth` numbers in a tensor of shape s, and the shape of the slices that they name."""
    lead = d.shape(min_rank=1, max_rank=2, empty=0.05)
    places = int(np.prod(s[:depth]))
    n = int(np.prod(lead))
    if distinct:
        n = min(n, places)
        lead = (n,)
        flat = d.rng.permutation(places)[:n]
    else:
        flat = d.index(places, (n,), "int64")
    rows = np.stack(np.unravel_index(flat, s[:depth]), -1) if n else np.zeros((0, depth), np.int64)
    return rows.reshape(lead + (depth,)).astype(TYPES[d.pick(INDEX)]), lead + s[depth:]


def scattered(d, t, wild=None):
    """(tensor, positions, updates)"""
    s = tuple(max(n, 1) for n in d.shape(min_rank=1))
    i, slices = positions(d, s, d.int(1, len(s)), d.op.endswith("Update"))
    return d.values(t, s, wild=wild), i, d.values(t, slices, wild=wild)


def tensor_scatter(d):
    x, i, u = scattered(d, d.type())
    if d.flag(0.15) and i.size:
        i.flat[0] = 99
        return Case(x, i, u, grad=False, bad_indices_policy=d.pick(["IGNORE", "ERROR"]))
    return Case(x, i, u)


def scatter_nd(d):
    x, i, u = scattered(d, d.type())
    if d.flag(0.15) and i.size:
        i.flat[0] = 99
        return Case(Var(x), i, u, grad=False, bad_indices_policy="IGNORE")
    return Case(Var(x), i, u, grad=False)


def segment(d):
    t, s = d.type(), d.shape(min_rank=1, empty=0.03)
    # TensorFlow's vectors and scalars keep NaN in different orders; its means of 16 bits overflow between steps.
    v = d.values(t, s, -3, 3, wild=False)
    return Case(v, np.sort(d.index(4, s[:1], d.pick(INDEX))))


def unsorted_segment(d):
    t, s = d.type(), d.shape(empty=0.03)
    k, n = d.int(0, len(s)), d.int(1, 6)
    ids = d.index(n, s[:k], d.pick(INDEX))
    if d.flag(0.3):
        ids = np.where(d.rng.random(ids.shape) < 0.3, ids.dtype.type(-1), ids)
    return Case(d.values(t, s), ids, TYPES[d.pick(INDEX)](n))


def sparse_segment(d):
    t, s = d.type(), d.shape(min_rank=1, max_rank=3, empty=0.0)
    n, count = d.int(0, 7), d.int(1, 6)
    ids = np.sort(d.index(count, (n,), d.pick(d.types("Tsegmentids"))))
    inputs = [d.values(t, s, -3, 3, wild=False), d.index(s[0], (n,), d.pick(d.types("Tidx"))), ids]
    if d.op.endswith("WithNumSegments"):
        inputs.append(TYPES[d.pick(INDEX)](count))
    # Of no indices TensorFlow leaves the gradient as it was in memory.
    return Case(*inputs, grad=n > 0, sparse_gradient=d.flag(0.3))


def sparse_segment_grad(d):
    t, s = d.type(), d.shape(min_rank=1, max_rank=3, empty=0.0)
    n, rows = d.int(1, 7), d.int(1, 6)
    return Case(d.values(t, s, -3, 3, wild=False), d.index(rows, (n,), d.pick(d.types("Tidx"))),
                d.index(s[0], (n,), d.pick(d.types("Tsegmentids"))), np.int32(rows))


def bincount(d):
    t, dense = d.type(), d.op == "DenseBincount"
    s = d.shape(max_rank=2) if dense else d.shape(max_rank=3)
    kind = d.pick(d.types("Tidx")) if dense else "int32"
    v = d.index(6, s, kind)
    if d.flag(0.05) and v.size:
        v.flat[-1] = -1
    weights = d.values(t, s if d.flag() else (0,), wild=False)
    return Case(v, TYPES[kind](d.int(0, 7)), weights, grad=False, **({"binary_output": d.flag(0.3)} if dense else {}))


def histogram(d):
    t = d.type()
    low = d.int(-3 if t in ("float", "double") else 0, 3)  # below 0 TensorFlow's difference of integers overflows
    if t in ("float", "double") and d.flag():
        d.lattice = d.wild = False  # on an edge between bins TensorFlow's quotient, which is not IEEE's, may say either
        size, bins = d.int(1, 6), d.int(1, 7)
    else:
        size, bins = d.pick([1, 2, 4]), d.pick([1, 2, 4, 8])  # of which quotients are exact
    size = 0 if d.flag(0.05) else size
    return Case(d.values(t, d.shape(), -5, 9), np.array([low, low + size], TYPES[t]), np.int32(bins), grad=False,
                dtype=d.pick(d.types("dtype")))


def sparse_to_dense(d):
    t, kind = d.type(), TYPES[d.pick(INDEX)]
    s = tuple(max(n, 1) for n in d.shape(min_rank=1, max_rank=3))
    n = d.int(0, int(np.prod(s)))
    flat = np.sort(d.rng.permutation(int(np.prod(s)))[:n])
    ordered = d.flag()
    if not ordered:
        d.rng.shuffle(flat)
    i = np.stack(np.unravel_index(flat, s), -1).reshape(n, len(s)).astype(kind)
    if n and d.flag(0.1):
        i.flat[0] = 99
    vector = len(s) == 1 and d.flag()  # TensorFlow's gradient takes its elements for one position
    values = d.values(t, () if d.flag(0.2) else (n,))
    return Case(i[:, 0] if vector else i, np.array(s, kind), values, d.values(t, ()),
                grad=not vector and values.ndim == 1, validate_indices=ordered)


def unique(d):
    t, v2 = d.type(), d.op.endswith("V2")
    s = d.shape(min_rank=1, max_rank=3, empty=0.05) if v2 else d.shape(rank=1)
    x = d.values(t, s, 0, 2, wild=False if t == "half" else None)
    if t in ("float", "double", "half", "bfloat16"):
        x = np.where(np.isnan(x), x, np.round(x)).astype(x.dtype)
    kw = {"out_idx": d.pick(INDEX)}
    if not v2:
        return Case(x, **kw)
    axis = [] if len(s) == 1 and d.flag() else [d.int(-len(s), len(s) - 1)]
    return Case(x, np.array(axis, TYPES[d.pick(INDEX)]), **kw)


GENERATORS = {"ScatterNdNonAliasingAdd": tensor_scatter, "SegmentMean": segment, "Bincount": bincount,
              "DenseBincount": bincount, "HistogramFixedWidth": histogram, "SparseToDense": sparse_to_dense,
              "UniqueV2": unique, "UniqueWithCounts": unique, "UniqueWithCountsV2": unique}
for kind in ("Update", "Add", "Sub", "Max", "Min"):
    GENERATORS["TensorScatter" + kind] = tensor_scatter
    GENERATORS["ScatterNd" + kind] = GENERATORS["ResourceScatterNd" + kind] = scatter_nd
for kind in ("Max", "Min"):
    GENERATORS["Segment" + kind] = segment
    GENERATORS["UnsortedSegment" + kind] = unsorted_segment
for kind in ("Sum", "Mean", "SqrtN"):
    GENERATORS["SparseSegment" + kind] = GENERATORS["SparseSegment" + kind + "WithNumSegments"] = sparse_segment
    GENERATORS["SparseSegment" + kind + "Grad"] = sparse_segment_grad
    GENERATORS["SparseSegment" + kind + "GradV2"] = sparse_segment_grad
