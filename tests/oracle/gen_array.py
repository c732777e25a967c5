"""Cases of the array, gather, string and control ops."""

import numpy as np

from draw import FLOATS, TYPES, Case

INDEX = ["int32", "int64"]


def same(attr="T", **attrs):
    def gen(d):
        return Case(d.values(d.type(attr), d.shape()), **{k: (v(d) if callable(v) else v) for k, v in attrs.items()})
    return gen


def ix(d, v, attr=None):
    names = d.types(attr) if attr else INDEX
    return np.array(v, TYPES[d.pick([n for n in names if n in INDEX])])


def identity_n(d):
    return Case([d.values(d.type("T") if False else d.pick(["float", "int32", "string", "bool", "double"]), d.shape())
                 for _ in range(d.int(1, 4))])


def reshape(d):
    t, s = d.type(), d.shape()
    n = int(np.prod(s))
    new, rest = [], n
    for _ in range(d.int(0, 3)):
        f = d.pick([k for k in range(1, 7) if rest % k == 0]) if rest else d.int(0, 3)
        new.append(f)
        rest = rest // f if rest and f else rest
    new.append(rest)
    if n and d.flag(0.5):
        new[d.int(0, len(new) - 1)] = -1
    elif not n:
        new = [0] + new[:2]
    if n == 1 and d.flag(0.2):
        new = []
    return Case(d.values(t, s), ix(d, np.array(new, np.int64).reshape(len(new)), "Tshape"))


def expand_dims(d):
    t, s = d.type(), d.shape()
    a = d.int(-len(s) - 1, len(s))
    v = ix(d, a, "Tdim")
    return Case(d.values(t, s), v.reshape(1) if d.flag(0.2) else v)


def squeeze(d):
    s = [1 if d.flag(0.4) else n for n in d.shape()]
    ones = [i for i, n in enumerate(s) if n == 1]
    dims = [int(i) - (len(s) if d.flag(0.3) else 0)
            for i in d.rng.permutation(ones)[:d.int(0, len(ones))]] if ones else []
    return Case(d.values(d.type(), tuple(s)), squeeze_dims=dims)


def transpose(d):
    t, s = d.type(), d.shape(max_rank=6)
    perm = d.rng.permutation(len(s))
    if d.flag(0.3):
        perm = np.where(d.rng.random(len(s)) < 0.3, perm - len(s), perm)
    return Case(d.values(t, s), ix(d, perm.astype(np.int64), "Tperm"))


def concat_shapes(d, axis_first):
    t, s = d.type(), d.shape(min_rank=1)
    axis = d.int(-len(s), len(s) - 1)
    parts = []
    for _ in range(d.int(2, 5)):
        p = list(s)
        p[axis] = d.dim(4, 0.15)
        parts.append(d.values(t, tuple(p)))
    if axis_first:
        return Case(np.int32(axis), parts)
    return Case(parts, ix(d, axis, "Tidx"))


def concat_offset(d):
    rank = d.int(1, 4)
    axis = d.int(0, rank - 1)
    base = np.array(d.shape(rank=rank), TYPES[d.type("shape_type", INDEX)])
    parts = []
    for _ in range(d.int(2, 4)):
        p = base.copy()
        p[axis] = d.int(0, 5)
        parts.append(p)
    return Case(np.int32(axis), parts)


def split(d):
    t, s = d.type(), list(d.shape(min_rank=1))
    axis, n = d.int(-len(s), len(s) - 1), d.int(1, 4)
    s[axis] = n * d.int(0, 3)
    return Case(np.int32(axis), d.values(t, tuple(s)), num_split=n)


def split_v(d):
    t, s = d.type(), list(d.shape(min_rank=1))
    axis, n = d.int(-len(s), len(s) - 1), d.int(1, 4)
    sizes = d.rng.integers(0, 4, n)
    s[axis] = int(sizes.sum())
    if d.flag(0.3):
        sizes[d.int(0, n - 1)] = -1
    return Case(d.values(t, tuple(s)), ix(d, sizes, "Tlen"), np.int32(axis), num_split=n)


def pack(d):
    t, s = d.type(), d.shape(max_rank=3)
    return Case([d.values(t, s) for _ in range(d.int(1, 4))], axis=d.int(-len(s) - 1, len(s)))


def unpack(d):
    t, s = d.type(), list(d.shape(min_rank=1))
    axis = d.int(-len(s), len(s) - 1)
    s[axis] = d.int(1, 4)
    return Case(d.values(t, tuple(s)), axis=axis, num=s[axis])


def slice_(d):
    t, s = d.type(), d.shape()
    begin = [d.int(0, n) for n in s]
    size = [-1 if d.flag(0.3) else d.int(0, n - b) for n, b in zip(s, begin)]
    kind = TYPES[d.pick(INDEX)]
    return Case(d.values(t, s), np.array(begin, kind), np.array(size, kind))


def slice_spec(d, shape):
    """A random strided_slice of `shape`: begin, end, strides and the five masks."""
    begin, end, strides = [], [], []
    masks = dict(begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0)
    axis, used_ellipsis = 0, False
    while axis < len(shape) and len(begin) < 7:
        i, n = len(begin), shape[axis]
        b, e, st = d.int(-n - 1, n + 1), d.int(-n - 1, n + 1), d.pick([1, 1, 1, 2, 3, -1, -2])
        roll = d.rng.random()
        if roll < 0.08 and not used_ellipsis:
            masks["ellipsis_mask"] |= 1 << i
            used_ellipsis = True
            axis += d.int(0, len(shape) - axis)
        elif roll < 0.16:
            masks["new_axis_mask"] |= 1 << i
        elif roll < 0.3 and n:
            masks["shrink_axis_mask"] |= 1 << i
            b, st = d.int(-n, n - 1), 1
            e = b + 1
            axis += 1
        else:
            masks["begin_mask"] |= d.flag(0.3) << i
            masks["end_mask"] |= d.flag(0.3) << i
            axis += 1
            if used_ellipsis is False and d.flag(0.1):
                begin, end, strides = begin + [b], end + [e], strides + [st]
                break
        begin, end, strides = begin + [b], end + [e], strides + [st]
    # An ellipsis must leave exactly the axes it covers: the entries after it count from the end, so the total must fit.
    kind = TYPES[d.pick(INDEX)]
    return np.array(begin, kind), np.array(end, kind), np.array(strides, kind), {k: int(v) for k, v in masks.items()}


def strided_slice(d):
    s = d.shape()
    b, e, st, masks = slice_spec(d, s)
    return Case(d.values(d.type(), s), b, e, st, **masks)


def strided_slice_grad(d):
    import tensorflow as tf
    s = d.shape()
    b, e, st, masks = slice_spec(d, s)
    with tf.Graph().as_default():
        try:
            out = tf.raw_ops.StridedSlice(input=tf.zeros(s), begin=b, end=e, strides=st, **masks).shape.as_list()
        except (ValueError, tf.errors.InvalidArgumentError):
            out = list(s)
    return Case(np.array(s, b.dtype), b, e, st, d.values(d.type(), tuple(out)), **masks)


def tile(d):
    t, s = d.type(), d.shape(high=4)
    return Case(d.values(t, s),
                ix(d, np.array([d.int(0, 3) if d.flag(0.1) else d.int(1, 3) for _ in s], np.int64), "Tmultiples"))


def pad(fill):
    def gen(d):
        t, s = d.type(), d.shape(high=4)
        p = ix(d, d.rng.integers(0, 3, (len(s), 2)), "Tpaddings")
        return Case(d.values(t, s), p, d.values(t, ())) if fill else Case(d.values(t, s), p)
    return gen


def mirror_pad(d):
    t, s = d.type(), d.shape(high=5, empty=0.01)
    mode = d.pick(["REFLECT", "SYMMETRIC"])
    off = mode == "REFLECT"
    p = [[d.int(0, max(0, n - off)), d.int(0, max(0, n - off))] for n in s]
    return Case(d.values(t, s), ix(d, np.array(p, np.int64).reshape(len(s), 2), "Tpaddings"), mode=mode)


def mirror_pad_grad(d):
    c = mirror_pad(d)
    x, p = c.inputs
    s = tuple(int(v) for v in np.array(x.shape, np.int64) + p.sum(1)) if p.size else ()
    return Case(d.values(d.type(), s), p, **c.attrs)


def fill(d):
    return Case(ix(d, np.array(d.shape(), np.int64), "index_type"), d.values(d.type(), ()))


def broadcast_to(d):
    a, b = d.broadcast_pair()
    full = np.broadcast_shapes(a, b)
    return Case(d.values(d.type(), a), ix(d, np.array(full, np.int64), "Tidx"))


def broadcast_args(d):
    a, b = d.broadcast_pair()
    t = TYPES[d.pick(INDEX)]
    return Case(np.array(a, t), np.array(b, t))


def gather(d):
    t, s = d.type("Tparams"), d.shape(min_rank=1, empty=0.02)
    return Case(d.values(t, s), d.index(s[0], d.shape(max_rank=2) if s[0] else (0,), d.pick(INDEX)))


def gather_v2(d):
    t, s = d.type("Tparams"), d.shape(min_rank=1, empty=0.02)
    axis = d.int(0, len(s) - 1)
    batch = d.int(0, axis) if d.flag(0.4) else 0
    n = s[axis]
    i = d.index(n, s[:batch] + (d.shape(max_rank=2) if n else (0,)), d.pick(d.types("Tindices", INDEX)))
    return Case(d.values(t, s), i, ix(d, axis - (len(s) if d.flag(0.3) else 0)), batch_dims=batch)


def gather_nd(d):
    t, s = d.type("Tparams"), d.shape(min_rank=1, empty=0.0)
    k, lead = d.int(1, len(s)), d.shape(max_rank=2)
    i = np.stack([d.index(s[j], lead, "int64") for j in range(k)], -1)
    return Case(d.values(t, s), ix(d, i))


def scatter_nd(d):
    t, s = d.type(), d.shape(min_rank=1, empty=0.0)
    k, lead = d.int(1, len(s)), d.shape(max_rank=2, min_rank=1)
    kind = TYPES[d.pick(INDEX)]
    i = np.stack([d.index(s[j], lead, "int64") for j in range(k)], -1).astype(kind)
    return Case(i, d.values(t, lead + s[k:]), np.array(s, kind))


def one_hot(d):
    t, s, depth = d.type(), d.shape(max_rank=3), d.int(0, 5)
    i = d.rng.integers(-1, depth + 2, s).astype(TYPES[d.pick(d.types("TI"))])
    return Case(i, np.int32(depth), d.values(t, ()), d.values(t, ()), axis=d.int(-1, len(s)))


def where(d):
    t, s = d.type(), d.shape(min_rank=1, max_rank=5)
    v = d.values(t, s)
    if t not in ("bool",):
        v = np.where(d.rng.random(s) < 0.5, v, np.zeros((), v.dtype)).astype(v.dtype)
    return Case(v)


def dynamic_stitch(d):
    t, tail = d.type(), d.shape(max_rank=2, high=3)
    n, parts = d.int(1, 3), []
    total = 0
    shapes = [d.shape(max_rank=2, high=3) for _ in range(n)]
    total = sum(int(np.prod(s)) for s in shapes)
    order = d.rng.permutation(total) if d.flag(0.6) else d.rng.integers(0, max(total, 1), total)
    at = 0
    for s in shapes:
        k = int(np.prod(s))
        parts.append(order[at:at + k].astype(np.int32).reshape(s))
        at += k
    if sorted(set(order)) != list(range(total)):  # gaps hold whatever TensorFlow left there
        order = None
        at = 0
        for i, s in enumerate(shapes):
            k = int(np.prod(s))
            parts[i] = np.arange(at, at + k, dtype=np.int32).reshape(s)
            at += k
    return Case(parts, [d.values(t, s + tail) for s in shapes])


def dynamic_partition(d):
    t, s, n = d.type(), d.shape(), d.int(1, 4)
    return Case(d.values(t, s), d.index(n, s[:d.int(0, len(s))], "int32"), num_partitions=n)


def unique(d):
    return Case(d.values(d.type(), (d.dim(12),), -3, 3), out_idx=d.pick(INDEX))


def list_diff(d):
    t = d.type()
    return Case(d.values(t, (d.dim(9),), -3, 3), d.values(t, (d.dim(5),), -3, 3), out_idx=d.pick(INDEX))


def reverse(d):
    t, s = d.type(), d.shape()
    return Case(d.values(t, s), d.values("bool", (len(s),)))


def reverse_v2(d):
    t, s = d.type(), d.shape()
    axes = d.rng.permutation(len(s))[:d.int(0, len(s))]
    return Case(d.values(t, s), ix(d, np.array([a - len(s) if d.flag(0.3) else a for a in axes], np.int64), "Tidx"))


def reverse_sequence(d):
    t, s = d.type(), d.shape(min_rank=2)
    b, q = (int(v) for v in d.rng.permutation(len(s))[:2])
    return Case(d.values(t, s), ix(d, d.rng.integers(0, s[q] + 1, (s[b],)), "Tlen"), seq_dim=q, batch_dim=b)


def space_to_batch(d):
    t, m = d.type(), d.int(1, 2)
    block = [d.int(1, 3) for _ in range(m)]
    inner, pads = [], []
    for b in block:
        p, q = d.int(0, 2), d.int(0, 2)
        n = b * d.int(1, 3) - p - q
        while n < 0:
            n += b
        inner.append(n)
        pads.append([p, q])
    s = (d.dim(3),) + tuple(inner) + d.shape(max_rank=2, high=3)
    return Case(d.values(t, s), ix(d, block, "Tblock_shape"), ix(d, pads, "Tpaddings"))


def square_blocks(to_batch):
    def gen(d):
        t, b, pads = d.type(), d.int(2, 3), np.array([[d.int(0, 2), d.int(0, 2)], [d.int(0, 2), d.int(0, 2)]])
        high = [int(n) for n in pads.sum(1)]
        if to_batch:
            inner = [b * d.int(1 + p // b, 3 + p // b) - p for p in high]
        else:
            inner = [d.int(-(-p // b) if p else 1, 4) for p in high]
        s = (d.dim(2) * (1 if to_batch else b * b), *inner, d.dim(3))
        if d.flag(0.05):
            s = s[:1] + (s[1] + 1,) + s[2:]  # no multiple of the block, or a batch that is none
        attr = "Tpaddings" if to_batch else "Tidx"
        return Case(d.values(t, s), ix(d, pads, attr), block_size=b)
    return gen


def batch_to_space(d):
    t, m = d.type(), d.int(1, 2)
    block = [d.int(1, 3) for _ in range(m)]
    inner = [d.int(1, 4) for _ in range(m)]
    crops = []
    for b, n in zip(block, inner):
        p = d.int(0, min(2, n * b))
        crops.append([p, d.int(0, min(2, n * b - p))])
    s = (int(np.prod(block)) * d.dim(2),) + tuple(inner) + d.shape(max_rank=2, high=3)
    return Case(d.values(t, s), ix(d, block, "Tblock_shape"), ix(d, crops, "Tcrops"))


def depth_space(to_space):
    def gen(d):
        t, b = d.type(), d.int(2, 3)
        n, h, w, c = d.dim(2), d.int(1, 3), d.int(1, 3), d.int(1, 3)
        s = (n, h, w, c * b * b) if to_space else (n, h * b, w * b, c)
        return Case(d.values(t, s), block_size=b, data_format="NHWC")
    return gen


def band_part(d):
    t, s = d.type(), d.shape(min_rank=2)
    kind = TYPES[d.pick(INDEX)]
    return Case(d.values(t, s), kind(d.int(-1, s[-2])), kind(d.int(-1, s[-1])))


def dequantize(d):
    name = d.pick(["qint8", "quint8", "qint32", "qint16", "quint16"])
    base = TYPES[{"qint8": "int8", "quint8": "uint8", "qint32": "int32", "qint16": "int16", "quint16": "uint16"}[name]]
    mode = d.pick(["MIN_COMBINED", "MIN_FIRST", "SCALED"])
    s = d.shape(min_rank=1)
    axis = d.int(0, len(s) - 1) if mode == "SCALED" and d.flag(0.4) else -1
    info = np.iinfo(base)
    v = d.rng.integers(info.min, info.max, s, endpoint=True).astype(base)
    low = -d.rng.uniform(0, 4, () if axis < 0 else (s[axis],)).astype(np.float32)
    high = d.rng.uniform(0.1, 4, low.shape).astype(np.float32)
    c = Case(v, low, high, mode=mode, narrow_range=d.flag(0.3), axis=axis,
             dtype="bfloat16" if mode == "MIN_COMBINED" and d.flag(0.3) else "float")
    c.quantized = name
    return c


def as_string(d):
    t, s = d.type(), d.shape(max_rank=2)
    kw = {}
    if t in FLOATS:
        kw = dict(precision=d.pick([-1, 0, 3, 7]), scientific=d.flag(0.3))
        if not kw["scientific"] and d.flag(0.3):
            kw["shortest"] = True
    if d.flag(0.4) and t not in ("bool", "string"):
        kw.update(width=d.int(1, 12), fill=d.pick(["", "0", " "] + (["-"] if False else [])))
    if t in ("string", "bool"):
        kw.update(width=-1, fill="")
    return Case(d.values(t, s, -300, 300), **kw)


def string_to_number(d):
    t = d.type("out_type")
    words = [b"0", b"7", b"-12", b" 42 ", b"2147483647"] if t.startswith(("i", "u")) else \
        [b"0.5", b"-1e3", b" 2.5 ", b"inf", b"nan", b"1", b"3.14159265358979", b"1e-3", b"0x10"]
    if d.flag(0.1):
        words = words + [b"abc"]
    s = d.shape(max_rank=2)
    return Case(np.array([d.pick(words) for _ in range(int(np.prod(s)))], np.object_).reshape(s), out_type=t)


def string_join(d):
    s, n = d.shape(max_rank=2), d.int(1, 4)
    return Case([d.values("string", () if d.flag(0.3) else s) for _ in range(n)], separator=d.pick(["", ",", ", "]))


def check_numerics(d):
    return Case(d.values(d.type(), d.shape()), message="a check")


def print_(d):
    return Case(d.values(d.type(), d.shape()),
                [d.values(d.pick(["float", "int32", "string", "bool"]), d.shape(max_rank=2))
                 for _ in range(d.int(1, 2))], message="m: ", summarize=3)


def assert_(d):
    return Case(np.array(d.flag(0.8)), [d.values(d.pick(["float", "int32", "string"]), d.shape(max_rank=2))])


def const(d):
    v = d.values(d.type("dtype"), d.shape())
    return Case(value=v)


def random(extra=None, dtype_attr="dtype"):
    def gen(d):
        s = np.array(d.shape(max_rank=3, high=30), TYPES[d.pick(INDEX)])
        kw = dict(seed=d.int(1, 10**6), seed2=d.int(0, 10**12))
        if extra:
            t = TYPES[d.type("Tout")]
            lo = d.int(-100, 100)
            return Case(s, t(lo), t(lo + d.int(1, 1000)), **kw)
        return Case(s, dtype=d.type(dtype_attr), **kw)
    return gen


GENERATORS = {
    "Identity": same(), "Snapshot": same(), "StopGradient": same(), "PreventGradient": same(), "ZerosLike": same(),
    "OnesLike": same(), "IdentityN": identity_n, "CheckNumerics": check_numerics, "Reshape": reshape, "Const": const,
    "PlaceholderWithDefault": lambda d: (
        lambda v: Case(v, shape=list(v.shape) if d.flag() else None))(d.values(d.type("dtype"), d.shape())),
    "EnsureShape": lambda d: (
        lambda v: Case(v, shape=[None if d.flag() else n for n in v.shape]))(
            d.values(d.type(), d.shape())),
    "Shape": same(out_type=lambda d: d.pick(INDEX)), "Size": same(out_type=lambda d: d.pick(INDEX)), "Rank": same(),
    "ShapeN": lambda d: (
        lambda t: Case([d.values(t, d.shape()) for _ in range(d.int(1, 3))], out_type=d.pick(INDEX)))(d.type()),
    "ExpandDims": expand_dims, "Squeeze": squeeze, "Transpose": transpose, "ConjugateTranspose": transpose,
    "InvertPermutation": lambda d: Case(d.rng.permutation(d.dim(9)).astype(TYPES[d.type()])),
    "Concat": lambda d: concat_shapes(d, True), "ConcatV2": lambda d: concat_shapes(d, False),
    "ConcatOffset": concat_offset,
    "Split": split, "SplitV": split_v, "Pack": pack, "Unpack": unpack, "Slice": slice_, "StridedSlice": strided_slice,
    "StridedSliceGrad": strided_slice_grad, "Tile": tile, "Pad": pad(False), "PadV2": pad(True),
    "MirrorPad": mirror_pad,
    "MirrorPadGrad": mirror_pad_grad, "Fill": fill, "BroadcastTo": broadcast_to, "BroadcastArgs": broadcast_args,
    "BroadcastGradientArgs": broadcast_args, "Gather": gather, "GatherV2": gather_v2, "GatherNd": gather_nd,
    "ScatterNd": scatter_nd, "OneHot": one_hot, "Where": where, "DynamicStitch": dynamic_stitch,
    "ParallelDynamicStitch": dynamic_stitch, "DynamicPartition": dynamic_partition, "Unique": unique,
    "ListDiff": list_diff,
    "Dequantize": dequantize, "Reverse": reverse, "ReverseV2": reverse_v2, "ReverseSequence": reverse_sequence,
    "SpaceToBatchND": space_to_batch, "BatchToSpaceND": batch_to_space,
    "SpaceToBatch": square_blocks(True), "BatchToSpace": square_blocks(False), "DepthToSpace": depth_space(True),
    "SpaceToDepth": depth_space(False), "MatrixBandPart": band_part, "AsString": as_string,
    "StringToNumber": string_to_number,
    "StringJoin": string_join, "Print": print_, "Assert": assert_,
    "RandomUniform": random(), "RandomStandardNormal": random(), "TruncatedNormal": random(),
    "RandomUniformInt": random(True),
    "RandomShuffle": lambda d: Case(d.values(d.type(), d.shape()), seed=d.int(1, 10**6), seed2=d.int(0, 10**6)),
    "NoOp": lambda d: Case(), "ControlTrigger": lambda d: Case(),
}
