"""Cases of ops that read values out of strings of bytes, and write them: Examples, SequenceExamples, tensors, sound."""

import json
import struct

import numpy as np

from draw import TYPES, Case

KINDS = ["float", "int64", "string"]
KEYS = ["a", "b", "c", "d", "e", "f"]
FORMS = ["sparse", "dense", "ragged"]
WORDS = [b"", b"x", b"yz", b"\x00\xff", b"a longer piece of text, beyond any small buffer"]


def strings(items, shape=None):
    v = np.array(list(items) + [None], np.object_)[:-1]
    return v if shape is None else v.reshape(shape)


def numbers(d, kind, n):
    if kind == "float":
        return [float(x) for x in d.rng.uniform(-9, 9, n)]
    if kind == "int64":
        return [d.int(-2**63, 2**63 - 1) if d.flag(0.2) else d.int(-3, 300) for _ in range(n)]
    return [d.pick(WORDS) for _ in range(n)]


def feature(kind, values):
    from tensorflow.core.example import feature_pb2 as pb
    if kind == "float":
        return pb.Feature(float_list=pb.FloatList(value=values))
    if kind == "int64":
        return pb.Feature(int64_list=pb.Int64List(value=values))
    return pb.Feature(bytes_list=pb.BytesList(value=values)) if kind else pb.Feature()


class Column:
    """What is wanted of one key."""

    def __init__(self, d, key, forms, pads):
        self.key, self.kind, self.form = key, d.pick(KINDS), d.pick(forms)
        self.shape = [d.int(0 if pads and d.flag(0.1) else 1, 3) for _ in range(d.int(0, 2))]
        self.pads = pads and self.form == "dense" and d.flag(0.4)
        if self.pads:
            self.shape = [None] + [d.int(1, 2) for _ in range(d.int(0, 1))]
        self.missing = d.flag()  # a list may be missing, a feature has a default
        self.split = d.pick(["int32", "int64"])

    def default(self, d):
        t = TYPES[self.kind]
        shape = () if self.pads else tuple(self.shape)
        if not self.pads and not self.missing:
            shape = (0,)
        if d.flag(0.02):
            shape += (2,)
        n = int(np.prod(shape))
        return np.array(numbers(d, self.kind, n) + [None], np.object_)[:-1].astype(t).reshape(shape)

    def draw(self, d):
        """The feature of one example; None where it has none."""
        if d.flag(0.02):
            # TensorFlow refuses a SequenceExample whose dense feature says nothing.
            return feature(d.pick(KINDS if self.form == "dense" else KINDS + [None]), [])
        stride = int(np.prod([n for n in self.shape if n is not None]))
        n = stride * (d.int(0, 3) if self.pads else 1) if self.form == "dense" else d.int(0, 4)
        return feature(self.kind, numbers(d, self.kind, n + d.flag(0.01)))


def columns(d, keys, ragged, pads):
    keys = [str(k) for k in d.rng.permutation(keys)[:d.int(0 if d.flag(0.1) else 1, len(keys))]]
    return [Column(d, k, FORMS if ragged else FORMS[:2], pads) for k in keys]


def of_form(cols, form):
    return [c for c in cols if c.form == form]


def present(d, c):
    return not d.flag(0.5 if c.missing or c.form != "dense" or c.pads else 0.01)


def messages(d, context, lists, n, sequence):
    from tensorflow.core.example import example_pb2, feature_pb2
    made = []
    for _ in range(n):
        e = example_pb2.SequenceExample() if sequence else example_pb2.Example()
        features = (e.context if sequence else e.features).feature
        for c in context:
            if present(d, c):
                features[c.key].CopyFrom(c.draw(d))
        if d.flag():
            features["unused"].CopyFrom(feature("int64", [1, 2]))
        for c in lists:
            if present(d, c):
                steps = [c.draw(d) for _ in range(d.int(0, 3))]
                e.feature_lists.feature_list[c.key].CopyFrom(feature_pb2.FeatureList(feature=steps))
        bytes_ = e.SerializeToString(deterministic=True)
        made.append(bytes_[:-1] if d.flag(0.01) and bytes_ else bytes_)
    return made


def names_of(d, n):
    return strings([f"example {i}".encode() for i in range(n)] if d.flag() else [])


def keys_of(cols):
    return [c.key.encode() for c in cols]


def kinds_of(cols):
    return [c.kind for c in cols]


def parse_example(d):
    v2, single = d.op == "ParseExampleV2", d.op == "ParseSingleExample"
    cols = columns(d, KEYS, v2, True)
    sparse, dense, ragged = (of_form(cols, f) for f in FORMS)
    scalar = single or v2 and d.flag(0.3)
    n = 1 if scalar else d.int(0 if d.flag(0.05) else 1, 5)
    serialized = messages(d, cols, [], n, False)
    serialized = np.array(serialized[0], np.object_) if scalar else strings(serialized)
    defaults = [c.default(d) for c in dense]
    kw = {"sparse_types": kinds_of(sparse), "dense_shapes": [c.shape for c in dense], "grad": False}
    if single:
        return Case(serialized, defaults, num_sparse=len(sparse), sparse_keys=keys_of(sparse),
                    dense_keys=keys_of(dense), **kw)
    names = np.array([], np.object_) if scalar else names_of(d, n)
    if v2:
        return Case(serialized, names, strings(keys_of(sparse)), strings(keys_of(dense)), strings(keys_of(ragged)),
                    defaults, num_sparse=len(sparse), ragged_value_types=kinds_of(ragged),
                    ragged_split_types=[c.split for c in ragged], **kw)
    return Case(serialized, names, [np.array(k, np.object_) for k in keys_of(sparse)],
                [np.array(k, np.object_) for k in keys_of(dense)], defaults, **kw)


def parse_sequence(d):
    v2, single = d.op == "ParseSequenceExampleV2", d.op == "ParseSingleSequenceExample"
    context, lists = columns(d, KEYS[:4], v2, False), columns(d, KEYS[2:], v2, False)
    cs, cd, cr = (of_form(context, f) for f in FORMS)
    ls, ld, lr = (of_form(lists, f) for f in FORMS)
    # TensorFlow leaves the splits of one message as they were in memory, refuses one while building the first form, and
    # ends the process for no messages.
    scalar = single or v2 and d.flag(0.3) and not cr and not lr
    n = 1 if scalar else d.int(1, 4)
    serialized = messages(d, context, lists, n, True)
    serialized = np.array(serialized[0], np.object_) if scalar else strings(serialized)
    defaults, empty = [c.default(d) for c in cd], [c.missing for c in ld]
    kw = {"context_sparse_types": kinds_of(cs), "context_dense_shapes": [c.shape for c in cd],
          "feature_list_sparse_types": kinds_of(ls), "feature_list_dense_types": kinds_of(ld),
          "feature_list_dense_shapes": [c.shape for c in ld], "grad": False}
    groups = [keys_of(g) for g in (cs, cd, ls, ld)]
    missing = strings([c.key.encode() for c in ld if c.missing])
    if single:
        scalars = [[np.array(k, np.object_) for k in g] for g in groups]
        return Case(serialized, missing, *scalars, defaults, np.array(d.pick([b"", b"name"]), np.object_), **kw)
    numbers_of = {"Ncontext_sparse": len(cs), "Nfeature_list_sparse": len(ls), "Nfeature_list_dense": len(ld)}
    names = np.array([], np.object_) if scalar else names_of(d, n)
    if v2:
        return Case(serialized, names, strings(groups[0]), strings(groups[1]), strings(keys_of(cr)),
                    strings(groups[2]), strings(groups[3]), strings(keys_of(lr)), np.array(empty, bool), defaults,
                    context_ragged_value_types=kinds_of(cr), context_ragged_split_types=[c.split for c in cr],
                    feature_list_ragged_value_types=kinds_of(lr),
                    feature_list_ragged_split_types=[c.split for c in lr], **numbers_of, **kw)
    return Case(serialized, names, defaults, feature_list_dense_missing_assumed_empty=list(missing),
                context_sparse_keys=groups[0], context_dense_keys=groups[1], feature_list_sparse_keys=groups[2],
                feature_list_dense_keys=groups[3], Ncontext_dense=len(cd), **numbers_of, **kw)


def parse_tensor(d):
    import tensorflow as tf
    t = d.type("out_type")
    value = d.values(t, d.shape())
    bytes_ = tf.make_tensor_proto(value, tf.string if t == "string" else None).SerializeToString()
    if d.flag(0.05):
        bytes_ = bytes_[:-1]
    wanted = t if not d.flag(0.05) else d.pick(["float", "int32"])
    return Case(np.array(bytes_, np.object_), out_type=wanted, grad=False)


def serialize_tensor(d):
    return Case(d.values(d.type(), d.shape()))


def json_of(d):
    lists = {"int64": lambda: d.pick([1, "2", -3.0, "x" if d.flag(0.05) else 4]),
             "float": lambda: d.pick([1.5, "NaN", -1e-3, "2.5", "Infinity"]),
             "bytes": lambda: d.pick(["YWI=", "YWI", "", "-_8=", "%%" if d.flag(0.05) else "Yg=="])}
    features = {}
    for key in d.rng.permutation(["a", "b", "\u00e4", "d"])[:d.int(0, 4)]:
        kind = d.pick(list(lists))
        name = kind + d.pick(["List", "_list"])
        values = [lists[kind]() for _ in range(d.int(0, 3))]
        features[str(key)] = {name: {"value": values}} if d.flag(0.9) else {}
    text = json.dumps({"features": {"feature": features}}, indent=d.pick([None, 1]))
    return (text + d.pick(["x", "}"]) if d.flag(0.05) else text).encode()


def decode_json(d):
    shape = d.shape(max_rank=2)
    return Case(np.array([json_of(d) for _ in range(int(np.prod(shape)))] + [None], np.object_)[:-1].reshape(shape),
                grad=False)


def sound(d, shape):
    return np.where(d.rng.random(shape) < 0.1, d.pick([2, -2, 1, -1]), d.rng.uniform(-1, 1, shape)).astype(np.float32)


def decode_wav(d):
    channels, frames, rate = d.int(1, 4), d.int(0, 20), d.pick([8000, 44100, 1])
    data = d.rng.bytes(2 * channels * frames)
    size = d.pick([16, 18])
    head = struct.pack("<IHHIIHH", size, 1, channels, rate, 2 * channels * rate, 2 * channels, 16) + bytes(size - 16)
    more = b"LIST" + struct.pack("<I", 4) + b"abcd" if d.flag(0.3) else b""
    body = b"WAVEfmt " + head + more + b"data" + struct.pack("<I", len(data)) + data
    wav = b"RIFF" + struct.pack("<I", len(body)) + body
    if d.flag(0.1):
        wav = wav[:-1]
    return Case(np.array(wav, np.object_), desired_channels=d.pick([-1, -1, 1, 2, 5]),
                desired_samples=d.pick([-1, -1, 0, 7, 30]), grad=False)


def encode_wav(d):
    return Case(sound(d, (d.int(0, 20), d.int(1, 3))), np.int32(d.pick([8000, 44100, 1, 0 if d.flag(0.1) else 9])))


def audio_summary(d):
    s = (d.int(0, 4), d.int(0, 9)) + ((d.int(1, 3),) if d.flag() else ())
    rate = d.pick([8000.0, 44100.5, 7999.5, 1.0])
    return Case(np.array(b"tag", np.object_), sound(d, s), np.float32(rate), max_outputs=d.int(1, 3), grad=False)


GENERATORS = {"DecodeWav": decode_wav, "EncodeWav": encode_wav, "AudioSummaryV2": audio_summary,
              "ParseExample": parse_example, "ParseExampleV2": parse_example, "ParseSingleExample": parse_example,
              "ParseSequenceExample": parse_sequence, "ParseSequenceExampleV2": parse_sequence,
              "ParseSingleSequenceExample": parse_sequence, "DecodeJSONExample": decode_json,
              "ParseTensor": parse_tensor,
              "SerializeTensor": serialize_tensor}
