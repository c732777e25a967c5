"""Random values for op cases: one Draw per case, seeded by (seed, op, number), so that any case can be made again
alone."""

import json
import os
import zlib

import ml_dtypes
import numpy as np

# numpy types by TensorFlow's dtype name; what Weir computes with.
TYPES = {
    "float": np.float32, "double": np.float64, "half": np.float16, "bfloat16": ml_dtypes.bfloat16,
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64,
    "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64,
    "bool": np.bool_, "string": np.object_, "complex64": np.complex64, "complex128": np.complex128,
}
FLOATS = ["float", "double", "half", "bfloat16"]
COMPLEX = ["complex64", "complex128"]
SIGNED = ["int8", "int16", "int32", "int64"]
INTS = SIGNED + ["uint8", "uint16", "uint32", "uint64"]


class Var:
    """A variable as an input; `value` None: not initialised."""

    def __init__(self, value, dtype=None, shape=None):
        self.value, self.dtype, self.shape = value, dtype or value.dtype, shape if value is None else value.shape


class Case:
    """One case: inputs in the op's order (a list for a list argument), attributes that the inputs do not tell."""

    def __init__(self, *inputs, grad=True, **attrs):
        self.inputs, self.attrs, self.grad = list(inputs), attrs, grad
        self.quantized = None  # name of the quantised dtype that input 0 has
        self.weighted = ()  # outputs that are differentiated; none: all
        self.undefined = ()  # outputs that TensorFlow leaves as they were in memory


OPDEFS_HELP = (
    "TensorFlow's op definitions as JSON: by op its inputs (in), outputs (out) and attributes (attr), and the dtypes "
    "that its CPU kernel computes (cpu); default: the file that the environment variable WEIR_OPDEFS names")


def load_opdefs(path=None):
    """The op definitions (see OPDEFS_HELP) of this file, or of the one that WEIR_OPDEFS names."""
    path = path or os.environ.get("WEIR_OPDEFS")
    if not path:
        raise SystemExit("error: no op definitions: give --opdefs FILE or set WEIR_OPDEFS to TensorFlow's op "
                         "definitions as JSON")
    try:
        with open(path) as f:
            return json.load(f)
    except (OSError, ValueError) as e:
        raise SystemExit(f"error: cannot read the op definitions '{path}': {e}")


class Draw:
    def __init__(self, op, opdef, seed, number, small=False, complex_=False):
        self.op, self.opdef, self.number, self.small, self.complex = op, opdef, number, small, complex_
        self.rng = np.random.default_rng([seed, zlib.crc32(op.encode()), number])
        self.wild = self.flag(0.2)  # this case holds NaN, infinities, extremes
        self.lattice = self.flag(0.3)  # values on a grid of halves: ties and kinks

    def flag(self, p=0.5):
        return bool(self.rng.random() < p)

    def int(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def pick(self, items):
        return items[self.int(0, len(items) - 1)]

    def types(self, attr="T", only=None):
        cpu = self.opdef.get("cpu")
        names = cpu.get(attr, list(TYPES)) if isinstance(cpu, dict) else list(TYPES)
        declared = self.opdef.get("attr", {}).get(attr, {}).get("allowed")
        names = [n for n in names if n in TYPES and (not declared or n in declared) and (only is None or n in only)]
        # Complex numbers only when asked for, or where the op takes nothing else: earlier packs stay what they are.
        complex_, real = [n for n in names if n in COMPLEX], [n for n in names if n not in COMPLEX]
        return complex_ if complex_ and (self.complex or not real) else real

    def type(self, attr="T", only=None):
        """A dtype of the attribute; each one comes first once, then by chance, float more often."""
        names = sorted(self.types(attr, only))
        if self.number < len(names):
            return names[self.number]
        return "float" if "float" in names and self.flag(0.4) else self.pick(names)

    def dim(self, high=5, empty=0.04):
        return 0 if self.flag(empty) else self.int(1, min(high, 3) if self.small else high)

    def shape(self, rank=None, max_rank=4, high=5, empty=0.04, min_rank=0):
        rank = self.int(min_rank, max_rank) if rank is None else rank
        if rank and self.flag(0.05):
            high = 40 if rank <= 2 else 9
        return tuple(self.dim(high, empty) for _ in range(rank))

    def values(self, dtype, shape, low=-4.0, high=4.0, wild=None):
        """Elements in [low, high]; in wild cases some are NaN, infinite, zeros of both signs, the ends of the range."""
        wild = self.wild if wild is None else wild
        t = TYPES[dtype]
        if dtype == "string":
            words = [b"", b"a", b"weir", b"\x00\xff", b"tensor", b"A longer piece of text, beyond any small buffer"]
            return np.array([self.pick(words) for _ in range(int(np.prod(shape)))], np.object_).reshape(shape)
        if dtype == "bool":
            return self.rng.random(shape) < 0.5
        if dtype in FLOATS:
            v = self.rng.uniform(low, high, shape)
            if self.lattice:
                v = np.clip(np.round(v * 2) / 2, low, high)
            if wild:
                odd = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e4, -1e4, 6e4, 1.0])
                v = np.where(self.rng.random(shape) < 0.3, self.rng.choice(odd, shape), v)
            return np.asarray(v).astype(t)
        if dtype in COMPLEX:
            part = "double" if dtype == "complex128" else "float"
            return (self.values(part, shape, low, high, wild)
                    + 1j * self.values(part, shape, low, high, wild)).astype(t)
        info = np.iinfo(t)
        a, b = max(info.min, int(np.ceil(low))), min(info.max, int(np.floor(high)))
        v = self.rng.integers(a, b, shape, endpoint=True).astype(t)
        if wild:
            odd = np.array([info.min, info.max, info.max - 1, 0, 1], t)
            v = np.where(self.rng.random(shape) < 0.3, self.rng.choice(odd, shape), v)
        return np.asarray(v).astype(t)

    def away_from(self, v, bad, by):
        """The same with every `bad` replaced: zero divisors of integers."""
        return np.where(v == np.array(bad, v.dtype), np.array(by, v.dtype), v).astype(v.dtype)

    def broadcast_pair(self, **kw):
        """Two shapes that broadcast."""
        full = self.shape(**kw)
        if self.flag(0.35):
            return full, full
        a = [1 if self.flag(0.25) else d for d in full]
        b = [1 if self.flag(0.25) else d for d in full]
        cut = self.int(0, len(full))
        if self.flag(0.4):
            a = a[cut:]
        elif self.flag(0.6):
            b = b[cut:]
        return tuple(a), tuple(b)

    def index(self, n, shape, dtype="int32"):
        """Indices below n (none may be asked for when n is 0)."""
        return self.rng.integers(0, max(n, 1), shape).astype(TYPES[dtype])

    def axes(self, rank, dtype="int32"):
        """A reduction's axes: some distinct ones, perhaps negative, a vector or a scalar."""
        k = self.int(0, rank)
        axes = self.rng.permutation(rank)[:k]
        axes = np.array([a - rank if self.flag(0.3) else a for a in axes], TYPES[dtype])
        return axes[0] if k == 1 and self.flag() else axes
