"""Cases of ops that compute with strings."""

import base64
import gzip
import zlib

import numpy as np

from draw import TYPES, Case

INDEX = ["int32", "int64"]
PIECES = [b"", b"a", b"b", b",", b", ", b" ", b"\t\n", b"aba", "\u00e4".encode(), "\u6f22".encode(),
          "\U0001F600".encode(), b"\x80", b"\xff", b"\x00", b"A Word",
          b"a longer piece of text, beyond any small buffer"]


def texts(d, shape):
    """Strings of some pieces each: bytes, characters, white space, what is no UTF-8."""
    v = [b"".join(d.pick(PIECES) for _ in range(d.int(0, 5))) for _ in range(int(np.prod(shape)))]
    return np.array(v + [None], np.object_)[:-1].reshape(shape)


def scalar(text):
    return np.array(text, np.object_)


def split(d):
    x = texts(d, d.shape(rank=1))
    if d.op == "StringSplit":
        return Case(x, scalar(d.pick([b"", b" ", b",", b", ", b"ab"])), skip_empty=d.flag())
    return Case(x, scalar(d.pick([b"", b" ", b",", b", ", b"aba", b"a"])), maxsplit=d.pick([-2, -1, -1, 0, 1, 2, 3]))


def reduce_join(d):
    s = d.shape(empty=0.1)
    axes = np.array(d.axes(len(s)), np.int32)
    if d.flag(0.05):
        axes = np.array([len(s)], np.int32)
    return Case(texts(d, s), axes, keep_dims=d.flag(), separator=d.pick([b"", b"-", b", "]))


def unsorted_segment_join(d):
    s = d.shape(min_rank=1, max_rank=3)
    ids, n = s[:d.int(1, len(s))], d.int(1, 5)
    kind = d.pick(INDEX)
    i = d.index(n, ids, kind)
    if d.flag(0.1) and i.size:
        i.flat[0] = d.pick([-1, n])
    return Case(texts(d, s), i, TYPES[d.pick(INDEX)](n), separator=d.pick([b"", b"-", b", "]))


def substr(d):
    t = TYPES[d.type()]
    s, at = d.broadcast_pair(max_rank=2, empty=0.03)
    s, at = d.pick([(s, at), (at, s), (s, ()), (s, s)])
    unit, wild = d.pick(["BYTE", "UTF8_CHAR"]), d.flag(0.2)
    low, high = (-4, 5) if wild else (0, 1)
    x = texts(d, s)
    if not wild:
        x = np.array([v + b"ab" for v in x.flat] + [None], np.object_)[:-1].reshape(s)
    return Case(x, np.asarray(d.rng.integers(low, high, at, endpoint=True), t),
                np.asarray(d.rng.integers(-1 if unit == "BYTE" else 0, 6, at), t), unit=unit)


def length(d):
    return Case(texts(d, d.shape()), unit=d.pick(["BYTE", "UTF8_CHAR"]))


def plain(d):
    return Case(texts(d, d.shape()))


def bucket(d):
    kw = {"key": [d.int(-2**63, 2**63 - 1), d.int(-2**63, 2**63 - 1)]} if d.op.endswith("Strong") else {}
    s = d.shape()
    x = [d.rng.bytes(d.int(0, 300) if d.flag(0.3) else d.int(0, 40)) for _ in range(int(np.prod(s)))]
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s),
                num_buckets=d.pick([1, 7, 1000, 2**31, 2**63 - 1]), **kw)


def encode(d):
    return Case(texts(d, d.shape()), pad=d.flag())


def decode(d):
    x = texts(d, d.shape())
    for i in range(x.size):
        text = base64.urlsafe_b64encode(x.flat[i])
        if d.flag():
            text = text.rstrip(b"=")
        if d.flag(0.02):
            text += d.pick([b"=", b"+", b"A", b"=="])
        x.flat[i] = text
    return Case(x)


def decode_raw(d):
    t, s = d.type("out_type"), d.shape(max_rank=3)
    size = np.dtype(TYPES[t]).itemsize
    n = size * d.int(0, 4) + (1 if d.flag(0.05) else 0)
    # TensorFlow keeps any byte in a bool.
    x = [bytes(d.rng.integers(0, 2, n, np.uint8)) if t == "bool" else d.rng.bytes(n) for _ in range(int(np.prod(s)))]
    if d.flag(0.05) and len(x) > 1:
        x[-1] += bytes(size)
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s), out_type=t, little_endian=d.flag(), grad=False)


def decode_padded_raw(d):
    t, s = d.type("out_type"), d.shape(max_rank=3)
    n = np.dtype(TYPES[t]).itemsize * d.int(1, 4) + (1 if d.flag(0.05) else 0)
    x = [d.rng.bytes(d.int(0, n + 3)) for _ in range(int(np.prod(s)))]
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s), np.int32(n if d.flag(0.95) else 0), out_type=t,
                little_endian=d.flag(), grad=False)


# None that Unicode has from version 14 on, which TensorFlow 2.21 does not know.
LETTERS = [(0x20, 0x7f), (0xc0, 0x250), (0x370, 0x530), (0x1e00, 0x2000), (0x2c00, 0x2c2e), (0x2c60, 0x2d30),
           (0x10400, 0x10450), (0xfb00, 0xfb18), (0x300, 0x340), (0x10a0, 0x1100)]


def change_case(d):
    """Letters of scripts that have cases, Greek sigmas, what is no UTF-8."""
    s = d.shape()
    x = []
    for _ in range(int(np.prod(s))):
        parts = [chr(d.int(*d.pick(LETTERS))).encode() for _ in range(d.int(0, 12))]
        for i in range(len(parts)):
            if d.flag(0.15):
                parts[i] = "\u03a3".encode()
            if d.flag(0.03):
                parts[i] = d.pick([b"\x80", b"\xff", b"\xe4\xb8", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf0\x9f"])
        x.append(b"".join(parts))
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s), encoding=d.pick(["", "utf-8", "utf-8"]))


def transcode(d):
    """Without marks of the order of bytes: TensorFlow takes that of a tensor's first text for all."""
    encoding = d.pick(["UTF-8", "UTF-16", "UTF-16-BE", "UTF-16-LE", "UTF-32-BE", "US-ASCII", "ISO-8859-1"])
    s = d.shape()
    name = {"UTF-16": "utf-16-be"}.get(encoding, encoding.replace("16-", "16").replace("32-", "32").lower())
    x = []
    for _ in range(int(np.prod(s))):
        parts = [chr(d.pick([d.int(0, 0x7f), d.int(0, 0xd7ff), d.int(0xe000, 0x10ffff)])) for _ in range(d.int(0, 8))]
        parts = [p.encode(name, "ignore") for p in parts]
        if d.flag(0.2):
            parts.insert(d.int(0, len(parts)), d.pick([b"\xff", b"\xd8", b"\xd8\x3d", b"\x80", b"\0\x20\0\0"]))
        x.append(b"".join(parts))
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s), input_encoding=encoding,
                output_encoding=d.pick([b"UTF-8", b"UTF-16-BE", b"UTF-32-BE"]),
                errors=d.pick([b"replace", b"replace", b"ignore", b"strict"]),
                replacement_char=d.pick([65533, 63, 0x1f600]), replace_control_characters=d.flag(0.2))


FIELDS = {"float": [b"1.5", b" -2e3 ", b"inf", b"nan", b"1e400", b"7", b"0x10"],
          "double": [b"1.5", b" -2e3 ", b"inf", b"1e-400", b"0.1"],
          "int32": [b"1", b"-7", b" 12 ", b"+3", b"2147483647"], "int64": [b"1", b"-9223372036854775808", b" 12 "],
          "string": [b"a", b" b ", b"a longer piece of text, beyond any small buffer", b"\"q\"", b"c\nd", b"\xff"]}


def decode_csv(d):
    types = [d.pick(sorted(FIELDS)) for _ in range(d.int(1, 5))]
    delimiter, quotes, missing = d.pick([b",", b",", b"\t", b"|"]), d.flag(0.8), d.pick([b"", b"NA"])
    columns = len(types) + (d.int(0, 3) if d.flag(0.3) else 0)
    chosen = sorted(int(k) for k in d.rng.permutation(columns)[:len(types)])
    by_column = dict(zip(chosen, types))

    def field(t):
        v = d.pick([b"", missing]) if d.flag(0.1) else d.pick(FIELDS[t])
        if d.flag(0.01):
            v = d.pick([b"x", b"9999999999999999999999", b"1 2"])
        special = any(c in v for c in (b'"', b"\n", delimiter))
        if not quotes:
            return b"" if special else v
        return b'"' + v.replace(b'"', b'""') + b'"' if special or d.flag(0.2) else v

    s = d.shape(max_rank=2)
    x = []
    for _ in range(int(np.prod(s))):
        record = delimiter.join(field(by_column.get(k, "string")) for k in range(columns))
        x.append(record + (d.pick([b",", b'"', b"\n", b" "]) if d.flag(0.02) else b""))
    defaults = [d.values(t, d.pick([(), (1,), (1,), (0,)] if d.flag(0.1) else [(), (1,)]), wild=False) for t in types]
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s), defaults, field_delim=delimiter,
                use_quote_delim=quotes, na_value=missing, select_cols=chosen if columns > len(types) else [],
                grad=False)


def decode_compressed(d):
    kind, s = d.pick(["", "ZLIB", "GZIP"]), d.shape(max_rank=2)
    change = {"": bytes, "ZLIB": zlib.compress, "GZIP": gzip.compress}[kind]
    x = [change(d.rng.bytes(d.int(0, 50)) * d.int(1, 50)) for _ in range(int(np.prod(s)))]
    return Case(np.array(x + [None], np.object_)[:-1].reshape(s), compression_type=kind)


GENERATORS = {"StringSplit": split, "StringSplitV2": split, "ReduceJoin": reduce_join,
              "UnsortedSegmentJoin": unsorted_segment_join, "Substr": substr, "StringLength": length,
              "StringStrip": plain, "StringToHashBucket": bucket, "StringToHashBucketFast": bucket,
              "StringToHashBucketStrong": bucket, "EncodeBase64": encode, "DecodeBase64": decode,
              "DecodeRaw": decode_raw, "DecodePaddedRaw": decode_padded_raw, "StringLower": change_case,
              "StringUpper": change_case, "DecodeCSV": decode_csv, "UnicodeTranscode": transcode,
              "DecodeCompressed": decode_compressed}
