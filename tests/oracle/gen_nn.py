"""Cases of softmax and friends, windowed ops, normalisations and pretended quantisation."""

import numpy as np

from draw import INTS, TYPES, Case


def rows(low=-5, high=5):
    def gen(d):
        t, s = d.type(), d.shape(min_rank=1)
        return Case(d.values(t, s, low, high))
    return gen


def xent(d):
    t, n, c = d.type(), d.dim(6), d.int(1, 8)
    p = d.rng.random((n, c))
    labels = (p / p.sum(1, keepdims=True)).astype(TYPES[t])
    if d.flag(0.3):
        labels = np.eye(c)[d.rng.integers(0, c, n)].astype(TYPES[t]).reshape(n, c)
    return Case(d.values(t, (n, c)), labels[:1] if d.flag(0.15) and n else labels)


def sparse_xent(d):
    t, n, c = d.type(), d.dim(6), d.int(1, 8)
    return Case(d.values(t, (n, c)), d.index(c, (n,), d.pick(["int32", "int64"])))


def bias_add(d):
    t, s = d.type(), d.shape(min_rank=2, max_rank=5)
    f = d.pick(["NHWC", "NCHW"]) if len(s) > 2 or d.flag(0.2) else "NHWC"
    c = s[-1] if f == "NHWC" else s[1]
    return Case(d.values(t, s), d.values(t, (c,)), data_format=f)


def bias_add_v1(d):
    t, s = d.type(), d.shape(min_rank=2)
    return Case(d.values(t, s), d.values(t, s[-1:]))


def bias_add_grad(d):
    return Case(d.values(d.type(), d.shape(min_rank=2, max_rank=5)), data_format=d.pick(["NHWC", "NCHW"]))


def top_k(v2):
    def gen(d):
        t, s = d.type(), d.shape(min_rank=1)
        k = d.int(0, s[-1])
        kw = dict(sorted=True)  # TensorFlow leaves the order of an unsorted answer open
        if not v2:
            return Case(d.values(t, s), k=k, **kw)
        return Case(d.values(t, s), TYPES[d.pick(d.types("Tk"))](k),
                    index_type=d.pick(["int32", "int64", "int16"]), **kw)
    return gen


def in_top_k(v2):
    def gen(d):
        n, c, t = d.dim(6), d.int(1, 8), TYPES[d.pick(["int32", "int64"])]
        k = d.int(0, c + 1)
        p, y = d.values("float", (n, c)), d.rng.integers(-1 if d.flag(0.2) else 0, c + d.flag(0.2), (n,)).astype(t)
        return Case(p, y, t(k)) if v2 else Case(p, y, k=k)
    return gen


class Window:
    """A random window over an image: sizes that fit, strides, padding, dilation; layout NHWC (TensorFlow's CPU has no
    other)."""

    room = 6  # that images have beyond a window, at most

    def __init__(self, d, explicit=True, dilate=True, square_strides=False, empty=0.03):
        self.n, self.c = d.dim(3, empty), d.int(1, 4)
        self.k = (d.int(1, 4), d.int(1, 4))
        self.padding = d.pick(["SAME", "VALID"] + (["EXPLICIT"] if explicit else []))
        self.strides = (d.int(1, 3), d.int(1, 3))
        if square_strides:
            self.strides = (self.strides[0],) * 2
        self.dil = (d.int(1, 2), d.int(1, 2)) if dilate and d.flag(0.3) else (1, 1)
        self.pads = [0, 0, 0, 0]
        if self.padding == "EXPLICIT":
            self.pads = [d.int(0, self.k[0] - 1), d.int(0, self.k[0] - 1),
                         d.int(0, self.k[1] - 1), d.int(0, self.k[1] - 1)]
        eff = [(k - 1) * r + 1 for k, r in zip(self.k, self.dil)]
        low = [1 if self.padding == "SAME" else max(1, e - p) for e, p in
               zip(eff, (self.pads[0] + self.pads[1], self.pads[2] + self.pads[3]))]
        self.hw = tuple(d.int(m, m + self.room) for m in low)
        self.out = []
        for i in range(2):
            size = self.hw[i] + self.pads[2 * i] + self.pads[2 * i + 1]
            self.out.append(-(-self.hw[i] // self.strides[i]) if self.padding == "SAME"
                            else (size - eff[i]) // self.strides[i] + 1)

    def attrs(self, dilate=True, explicit=True):
        kw = dict(strides=[1, *self.strides, 1], padding=self.padding)
        if explicit:
            kw["explicit_paddings"] = [0, 0, *self.pads, 0, 0] if self.padding == "EXPLICIT" else []
        if dilate:
            kw["dilations"] = [1, *self.dil, 1]
        return kw

    def image(self):
        return (self.n, *self.hw, self.c)


def conv(kind, depthwise):
    def gen(d):
        t = d.type()
        w = Window(d, square_strides=depthwise, dilate=kind == "forward" and not depthwise,
                   empty=0.03 if d.op == "Conv2D" else 0)
        m = d.int(1, 3)
        groups = w.c if kind == "forward" and not depthwise and d.flag(0.2) else 1
        f = (*w.k, w.c, m) if depthwise else (*w.k, w.c // groups, m * groups)
        out = (w.n, *w.out, w.c * m if depthwise else m * groups)
        # Never wild: TensorFlow multiplies padding, so that where infinity becomes NaN tells how it walks.
        x, k, dy = (lambda s=s: d.values(t, s, -2, 2, wild=False) for s in (w.image(), f, out))
        if kind == "forward":
            return Case(x(), k(), **w.attrs())
        if kind == "input":
            return Case(np.array(w.image(), np.int32), k(), dy(), **w.attrs())
        return Case(x(), np.array(f, np.int32), dy(), **w.attrs())
    return gen


def pool(kind, explicit, v2=False):
    """kind: forward, argmax, argmax_grad, max_grad, max_grad_grad, avg_grad. v2: sizes and strides are inputs."""
    def gen(d):
        t = d.type()
        w = Window(d, explicit=explicit, dilate=False)
        kw = dict(w.attrs(dilate=False, explicit=explicit), ksize=[1, *w.k, 1])
        out = (w.n, *w.out, w.c)
        x = d.values(t, w.image(), -3, 3)
        # TensorFlow's gradient kernels take uint32 and uint64, its forward one does not.
        pooled = x.astype(np.int64) if t in ("uint32", "uint64") else x
        sizes = [np.array(kw.pop(name), np.int32) for name in ("ksize", "strides")] if v2 else []
        if kind == "forward":
            return Case(x, *sizes, **kw)
        if kind == "argmax":
            return Case(x, **kw, Targmax=d.pick(["int32", "int64"]), include_batch_in_index=d.flag(0.5))
        if kind == "argmax_grad":
            batch = d.flag(0.5)
            size = int(np.prod(w.image()[1:]))
            places = d.rng.integers(0, max(size, 1), out).astype(np.int64)
            if batch:
                places += np.arange(w.n).reshape(-1, 1, 1, 1) * size
            return Case(x, d.values(t, out), places, **kw, include_batch_in_index=batch)
        if kind == "avg_grad":
            return Case(np.array(w.image(), np.int32), d.values(t, out), **kw)
        import tensorflow as tf
        with tf.Graph().as_default(), tf.compat.v1.Session() as s:
            try:
                forward = dict(zip(("ksize", "strides"), [list(v) for v in sizes]), **kw)
                y = s.run(tf.raw_ops.MaxPool(input=tf.constant(pooled), **forward)).astype(x.dtype)
            except (ValueError, tf.errors.OpError):
                y = d.values(t, out)
        return Case(x, y, d.values(t, w.image() if kind == "max_grad_grad" else out), *sizes, **kw)
    return gen


class Volume(Window):
    """The same over a volume, NDHWC."""

    room = 3  # since it has an axis more

    def __init__(self, d, empty=0.03):
        super().__init__(d, explicit=False, dilate=False, empty=empty)
        kz, stride = d.int(1, 3), d.int(1, 2)
        depth = d.int(1 if self.padding == "SAME" else kz, kz + 3)
        out = -(-depth // stride) if self.padding == "SAME" else (depth - kz) // stride + 1
        self.k, self.strides, self.hw, self.out = ((first, *rest) for first, rest in (
            (kz, self.k), (stride, self.strides), (depth, self.hw), (out, self.out)))

    def attrs(self):
        return super().attrs(dilate=False, explicit=False)


def conv3d(kind, first_version=False):
    def gen(d):
        t = d.type()
        w = Volume(d, empty=0.03 if kind == "forward" else 0)
        f = (*w.k, w.c, d.int(1, 3))
        out = (w.n, *w.out, f[-1])
        x, k, dy = (lambda s=s: d.values(t, s, -2, 2, wild=False) for s in (w.image(), f, out))
        if kind == "forward":
            return Case(x(), k(), **w.attrs())
        if kind == "input":
            sizes = np.array(w.image(), TYPES["int32" if first_version else d.pick(["int32", "int64"])])
            return Case(x() if first_version else sizes, k(), dy(), **w.attrs())
        return Case(x(), k() if first_version else np.array(f, np.int32), dy(), **w.attrs())
    return gen


def pool3d(kind):
    """kind: max, avg, max_grad, max_grad_grad, avg_grad."""
    def gen(d):
        t = d.type()
        w = Volume(d)
        kw, out = dict(w.attrs(), ksize=[1, *w.k, 1]), (w.n, *w.out, w.c)
        x = d.values(t, w.image(), -3, 3, wild=None if kind == "avg" else False)
        if kind in ("max", "avg"):
            return Case(x, **kw)
        if kind == "avg_grad":
            return Case(np.array(w.image(), np.int32), d.values(t, out), **kw)
        import tensorflow as tf
        with tf.Graph().as_default(), tf.compat.v1.Session() as s:
            y = s.run(tf.raw_ops.MaxPool3D(input=tf.constant(x), **kw)) if x.size else d.values(t, out)
        return Case(x, y, d.values(t, w.image() if kind == "max_grad_grad" else out, wild=False), **kw)
    return gen


def dilation(kind):
    def gen(d):
        t = d.type()
        w = Window(d, explicit=False)
        f = (*w.k, w.c)
        # No NaN, and nothing of which all sums are infinite: where nothing is larger, TensorFlow's place is no tap.
        x, k = d.values(t, w.image(), -3, 3, wild=False), d.values(t, f, -2, 2, wild=False)
        kw = dict(strides=[1, *w.strides, 1], rates=[1, *w.dil, 1], padding=w.padding)
        return Case(x, k, **kw) if kind == "forward" else Case(x, k, d.values(t, (w.n, *w.out, w.c), wild=False), **kw)
    return gen


def image_patches(d):
    t = d.type()
    w = Window(d, explicit=False)
    return Case(d.values(t, w.image()), ksizes=[1, *w.k, 1], strides=[1, *w.strides, 1], rates=[1, *w.dil, 1],
                padding=w.padding)


def batch_norm(version, grad):
    def gen(d):
        t, stat = d.type(), "float"
        f = "NHWC" if d.flag(0.7) else "NCHW"
        train = d.flag(0.6) or (grad and f == "NCHW")
        # Not too few elements a channel: of two, the gradients cancel to nothing but rounding.
        s = (d.int(2, 3), d.int(2, 4), d.int(2, 4), d.int(2, 4))
        c = s[3] if f == "NHWC" else s[1]
        pos = lambda: d.values(stat, (c,), 0.2, 2, wild=False)
        kw = dict(epsilon=d.pick([1e-4, 1e-3, 0.01]), data_format=f, is_training=train)
        if grad:
            ins = [d.values(t, s, wild=False), d.values(t, s, wild=False), pos(),
                   d.values(stat, (c,), wild=False), pos()]
            return Case(*ins, *([np.zeros((0,), np.float32)] if version == 3 else []), **kw)
        if d.flag(0.4):
            kw["exponential_avg_factor"] = 0.7
        empty = train and kw.get("exponential_avg_factor", 1.0) == 1.0
        mean = np.zeros((0,), np.float32) if empty else d.values(stat, (c,), -1, 1, wild=False)
        var = np.zeros((0,), np.float32) if empty else pos()
        case = Case(d.values(t, s, wild=False), pos(), d.values(stat, (c,), wild=False), mean, var, **kw)
        case.undefined = () if train else (3, 4)
        return case
    return gen


def lrn(grad):
    def gen(d):
        t, s = d.type(), tuple(d.int(1, 4) for _ in range(3)) + (d.int(1, 8),)
        kw = dict(depth_radius=d.int(0, 5), bias=d.pick([1.0, 2.0, 0.5]), alpha=d.pick([1.0, 1e-2, 0.5]),
                  beta=d.pick([0.5, 0.75, 1.0]))
        n = 3 if grad else 1
        return Case(*[d.values(t, s, -2, 2, wild=False) for _ in range(n)], **kw)
    return gen


def fake_range(d, n=None):
    """Least and largest numbers; now and then both 0, or of one sign."""
    shape = () if n is None else (n,)
    if d.flag(0.1):
        return np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    low, width = d.rng.uniform(-4, 1, shape), d.rng.uniform(0.5, 5, shape)
    return np.asarray(low, np.float32), np.asarray(low + width, np.float32)


def fake_quant(kind, gradient):
    def gen(d):
        kw = dict(num_bits=d.int(2, 16) if not d.flag(0.03) else 1, narrow_range=d.flag())
        shape = d.shape(min_rank=1)
        x, g = d.values("float", shape), d.values("float", shape, wild=False)
        inputs = [g, x] if gradient else [x]
        low, high = fake_range(d, shape[-1] if kind == "channel" else None)
        if kind == "args":
            if not low < high:
                low, high = -6.0, 6.0
            return Case(*inputs, min=float(low), max=float(high), **kw)
        return Case(*inputs, low, high, **kw)
    return gen


GENERATORS = {
    "L2Loss": lambda d: Case(d.values(d.type(), d.shape())), "Softmax": rows(), "LogSoftmax": rows(),
    "SoftmaxCrossEntropyWithLogits": xent, "SparseSoftmaxCrossEntropyWithLogits": sparse_xent,
    "BiasAdd": bias_add, "BiasAddV1": bias_add_v1, "BiasAddGrad": bias_add_grad,
    "TopK": top_k(False), "TopKV2": top_k(True), "InTopK": in_top_k(False), "InTopKV2": in_top_k(True),
    "Conv2D": conv("forward", False), "Conv2DBackpropInput": conv("input", False),
    "Conv2DBackpropFilter": conv("filter", False),
    "DepthwiseConv2dNative": conv("forward", True), "DepthwiseConv2dNativeBackpropInput": conv("input", True),
    "DepthwiseConv2dNativeBackpropFilter": conv("filter", True),
    "MaxPool": pool("forward", True), "MaxPoolWithArgmax": pool("argmax", False),
    "MaxPoolGradWithArgmax": pool("argmax_grad", False),
    "MaxPoolGrad": pool("max_grad", True), "MaxPoolGradGrad": pool("max_grad_grad", False),
    "MaxPoolV2": pool("forward", False, v2=True), "MaxPoolGradV2": pool("max_grad", False, v2=True),
    "MaxPoolGradGradV2": pool("max_grad_grad", False, v2=True),
    "Conv3D": conv3d("forward"), "Conv3DBackpropInput": conv3d("input", True),
    "Conv3DBackpropInputV2": conv3d("input"), "Conv3DBackpropFilter": conv3d("filter", True),
    "Conv3DBackpropFilterV2": conv3d("filter"),
    "MaxPool3D": pool3d("max"), "MaxPool3DGrad": pool3d("max_grad"), "MaxPool3DGradGrad": pool3d("max_grad_grad"),
    "AvgPool3D": pool3d("avg"), "AvgPool3DGrad": pool3d("avg_grad"),
    "Dilation2D": dilation("forward"), "Dilation2DBackpropInput": dilation("input"),
    "Dilation2DBackpropFilter": dilation("filter"), "ExtractImagePatches": image_patches,
    "AvgPool": pool("forward", False), "AvgPoolGrad": pool("avg_grad", False),
    "FusedBatchNorm": batch_norm(1, False), "FusedBatchNormV2": batch_norm(2, False),
    "FusedBatchNormV3": batch_norm(3, False),
    "FusedBatchNormGrad": batch_norm(1, True), "FusedBatchNormGradV2": batch_norm(2, True),
    "FusedBatchNormGradV3": batch_norm(3, True),
    "LRN": lrn(False), "LRNGrad": lrn(True),
    "FakeQuantWithMinMaxArgs": fake_quant("args", False), "FakeQuantWithMinMaxArgsGradient": fake_quant("args", True),
    "FakeQuantWithMinMaxVars": fake_quant("scalar", False),
    "FakeQuantWithMinMaxVarsGradient": fake_quant("scalar", True),
    "FakeQuantWithMinMaxVarsPerChannel": fake_quant("channel", False),
    "FakeQuantWithMinMaxVarsPerChannelGradient": fake_quant("channel", True),
}
