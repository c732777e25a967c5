"""Cases of the ops on images: sizes, crops, boxes, colours."""

import numpy as np

from draw import TYPES, Case


def images(d, t, channels=None, wild=None):
    """Images with a batch, height and width that are rarely 0."""
    shape = (d.dim(3), d.int(1, 7), d.int(1, 7), d.int(1, 4) if channels is None else channels)
    return d.values(t, shape, -100, 100, wild=wild)


def centers(d, half=True):
    """The attributes that say where pixels lie; both at once is refused."""
    if d.flag(0.03) and half:
        return dict(align_corners=True, half_pixel_centers=True)
    which = d.int(0, 2 if half else 1)
    kw = dict(align_corners=which == 1)
    return dict(kw, half_pixel_centers=which == 2) if half else kw


def size(d):
    if d.flag(0.03):
        return np.array([d.int(-1, 0), 3], np.int32)
    return np.array([d.int(1, 9), d.int(1, 9)], np.int32)


def resize(half=True):
    def gen(d):
        x = images(d, d.type())
        s = np.array(x.shape[1:3], np.int32) if d.flag(0.1) else size(d)
        return Case(x, s, **centers(d, half))
    return gen


def resize_grad(d):
    t = d.type()
    x = images(d, t)
    n, _, _, c = x.shape
    return Case(d.values("float", (n, d.int(1, 9), d.int(1, 9), c)), x, **centers(d))


def nearest_grad(d):
    return Case(images(d, d.type()), size(d), **centers(d))


def boxes(d, n):
    """Corners of boxes, now and then in the wrong order, flat, or beyond the image."""
    b = np.sort(d.rng.uniform(-0.3 if d.flag(0.3) else 0, 1.3 if d.flag(0.3) else 1, (n, 2, 2)), axis=1)
    if d.flag(0.3):
        b = b[:, ::-1]
    if d.lattice:
        b = np.round(b * 8) / 8
    return b.reshape(n, 4).astype(np.float32)


def crop(kind):
    def gen(d):
        t = d.type()
        x = images(d, t, wild=False)
        m = d.dim(4) if x.shape[0] else 0
        of = d.rng.integers(0, max(x.shape[0], 1), m).astype(np.int32)
        if m and d.flag(0.05):
            of[0] = x.shape[0]
        s = np.array([d.int(1, 5), d.int(1, 5)], np.int32)
        grads = d.values("float", (m, *s, x.shape[3]), wild=False)
        method = dict(method=d.pick(["bilinear", "nearest"]))
        if kind == "forward":
            return Case(x, boxes(d, m), of, s, extrapolation_value=d.pick([0.0, -1.5]), **method)
        if kind == "image":
            return Case(grads, boxes(d, m), of, np.array(x.shape, np.int32), T=t, **method)
        return Case(grads, x, boxes(d, m), of)
    return gen


def scores(d, t, shape):
    """All different, since which of equal ones comes first is left open in places."""
    n = int(np.prod(shape))
    return (d.rng.permutation(n).reshape(shape) / max(n, 1)).astype(TYPES[t])


def suppression(version):
    def gen(d):
        t = d.type() if version > 1 else "float"
        n = d.dim(12)
        b = boxes(d, n).astype(TYPES[t])
        most = np.int32(d.int(0, 14) if not d.flag(0.03) else -1)
        fraction = lambda: TYPES[t](d.rng.uniform(0, 1) if not d.flag(0.03) else 1.5)
        inputs = [b, scores(d, t, (n,)), most]
        if version == 1:
            return Case(*inputs, iou_threshold=float(fraction()))
        inputs.append(fraction())
        if version > 2:
            inputs.append(TYPES[t](d.rng.uniform(-0.2, 0.6)))
        if version == 5:
            inputs.append(TYPES[t](d.pick([0.0, 0.0, 0.3, 0.7])))
        return Case(*inputs, **(dict(pad_to_max_output_size=d.flag()) if version > 3 else {}))
    return gen


def with_overlaps(d):
    n = d.dim(9)
    return Case(d.values("float", (n, n), 0, 1, wild=False), scores(d, "float", (n,)), np.int32(d.int(0, 10)),
                np.float32(d.rng.uniform(0, 1)), np.float32(d.rng.uniform(-0.2, 0.6)))


def combined(d):
    batch, n, classes = d.int(1, 3), d.int(1, 9), d.int(1, 4)
    of = d.pick([1, classes])
    b = boxes(d, batch * n * of).reshape(batch, n, of, 4)
    count = lambda high: np.int32(d.int(1, high) if not d.flag(0.02) else 0)
    return Case(b, scores(d, "float", (batch, n, classes)), count(5), count(12), np.float32(d.rng.uniform(0, 1)),
                np.float32(d.rng.uniform(0, 0.6)), pad_per_class=d.flag(), clip_boxes=d.flag())


def colors(d, t, rank, low=0.0, high=1.0):
    shape = d.shape(min_rank=rank - 1, max_rank=rank + 1) + (3,)
    return d.values(t, shape, low, high, wild=False)


def adjust(low, high, channels=3):
    def gen(d):
        x = d.values(d.type(), d.shape(min_rank=2, max_rank=4) + (channels or d.int(1, 4),), 0, 1, wild=False)
        return Case(x, np.float32(d.rng.uniform(low, high)))
    return gen


def draw(v2):
    def gen(d):
        c = d.pick([1, 3, 4])
        x = images(d, d.type(), channels=c, wild=False)
        n = d.int(0, 4)
        b = boxes(d, x.shape[0] * n).reshape(x.shape[0], n, 4)
        if not v2:
            return Case(x, b)
        return Case(x, b, d.values("float", (d.int(0, 3), 4), 0, 1, wild=False))
    return gen


GENERATORS = {
    "ResizeNearestNeighbor": resize(), "ResizeNearestNeighborGrad": nearest_grad,
    "ResizeBilinear": resize(), "ResizeBilinearGrad": resize_grad,
    "ResizeBicubic": resize(), "ResizeBicubicGrad": resize_grad,
    "ResizeArea": resize(half=False),
    "CropAndResize": crop("forward"), "CropAndResizeGradImage": crop("image"), "CropAndResizeGradBoxes": crop("boxes"),
    "NonMaxSuppression": suppression(1), "NonMaxSuppressionV2": suppression(2), "NonMaxSuppressionV3": suppression(3),
    "NonMaxSuppressionV4": suppression(4), "NonMaxSuppressionV5": suppression(5),
    "NonMaxSuppressionWithOverlaps": with_overlaps, "CombinedNonMaxSuppression": combined,
    "AdjustContrastv2": adjust(-1, 3, channels=None), "AdjustHue": adjust(-3, 3), "AdjustSaturation": adjust(-0.5, 3),
    "RGBToHSV": lambda d: Case(colors(d, d.type(), 1)), "HSVToRGB": lambda d: Case(colors(d, d.type(), 1)),
    "DrawBoundingBoxes": draw(False), "DrawBoundingBoxesV2": draw(True),
}
