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


GENERATORS = {"ScatterNdNonAliasingAdd": tensor_scatter, "SegmentMean": segment}
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
