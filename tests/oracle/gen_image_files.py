"""Cases of the ops that read and write image files. The files are written here, so that they have what no writer of
TensorFlow's makes: palettes, alpha by key, interlacing, odd sampling, colours of print, animations, damage."""

import struct
import zlib

import numpy as np

from draw import Case


def pixels(d, shape, dtype=np.uint8):
    """Noise, or smooth: what JPEG is made for."""
    top = np.iinfo(dtype).max
    if d.flag(0.4):
        return d.rng.integers(0, top, shape, dtype, endpoint=True)
    y, x, c = np.meshgrid(*(np.arange(n) for n in shape[-3:]), indexing="ij")
    wave = np.sin(y / d.int(2, 6) + c) + np.cos(x / d.int(2, 6) - c)
    return np.broadcast_to((wave + 2) / 4 * top, shape).astype(dtype)


def side(d):
    return d.int(1, 9) if d.small else d.pick([d.int(1, 9), d.int(8, 40)])


def bytes_of(b):
    return np.array(bytes(b), np.object_)


# ---- JPEG

ZIGZAG_SIZE = 64
DC = list(range(12))
AC = [0x00, 0xF0] + [run << 4 | size for run in range(3) for size in range(1, 6)]


class Bits:
    """A JPEG's entropy-coded bits; FF is followed by 0."""

    def __init__(self):
        self.text = ""

    def code(self, symbols, symbol, length):
        self.text += format(symbols.index(symbol), f"0{length}b")

    def number(self, v):
        """The bits of a coefficient behind the code of their number."""
        size = abs(int(v)).bit_length()
        if size:
            self.text += format(v if v > 0 else v + (1 << size) - 1, f"0{size}b")

    def bytes(self):
        text = self.text + "1" * (-len(self.text) % 8)
        return int("1" + text, 2).to_bytes(len(text) // 8 + 1, "big")[1:].replace(b"\xff", b"\xff\0")


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def table(number, symbols, length):
    """A Huffman table whose codes have one length: symbol i is i."""
    return bytes([number]) + bytes(len(symbols) if i == length else 0 for i in range(1, 17)) + bytes(symbols)


def scan(d, sampling, h, w, restart):
    top = [max(s[i] for s in sampling) for i in range(2)]
    if len(sampling) == 1:
        sampling, top = [(1, 1)], [1, 1]
    mcus = -(-h // (8 * top[1])) * -(-w // (8 * top[0]))
    data, bits, last = b"", Bits(), [0] * len(sampling)
    for mcu in range(mcus):
        if restart and mcu and mcu % restart == 0:
            data += bits.bytes() + bytes([0xFF, 0xD0 + (mcu // restart - 1) % 8])
            bits, last = Bits(), [0] * len(sampling)
        for k, (sh, sv) in enumerate(sampling):
            for _ in range(sh * sv):
                dc = int(np.clip(last[k] + d.int(-40, 40), -100, 100))
                bits.code(DC, abs(dc - last[k]).bit_length(), 4)
                bits.number(dc - last[k])
                last[k], at = dc, 1
                while d.flag(0.6) and at < 60:
                    run, v = d.int(0, 2), d.int(1, 31) * d.pick([-1, 1])
                    if at + run > 63:
                        break
                    bits.code(AC, run << 4 | abs(v).bit_length(), 5)
                    bits.number(v)
                    at += run + 1
                bits.code(AC, 0, 5)
    return data + bits.bytes()


def own_jpeg(d, colors=None):
    h, w = side(d), side(d)
    colors = colors or d.pick([1, 3, 3, 4, 2 if d.flag(0.2) else 3])
    sampling = [(1, 1)] * colors
    if colors > 1 and d.flag(0.6):
        sampling[0] = d.pick([(2, 1), (1, 2), (2, 2), (4, 1)])
        if colors == 4:
            sampling[3] = sampling[0]
            if sum(a * b for a, b in sampling) > 10:
                sampling = [(1, 1)] * 4
    head = b"\xff\xd8"
    adobe = d.pick([None, 0, 1 if colors == 3 else 2])
    if colors > 1 and adobe is not None:
        head += segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, adobe))
    elif d.flag():
        head += segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    else:
        head += segment(0xFE, b"none")
    ids = [ord(c) for c in "RGB"] if colors == 3 and d.flag(0.2) else list(range(1, colors + 1))
    restart = d.int(1, 3) if d.flag(0.3) else 0
    quantum = d.rng.integers(1, 12, ZIGZAG_SIZE).astype(np.uint8).tobytes()
    head += segment(0xDB, b"\0" + quantum)
    head += segment(0xC0, struct.pack(">BHHB", 8, h, w, colors) +
                    b"".join(bytes([i, s[0] << 4 | s[1], 0]) for i, s in zip(ids, sampling)))
    head += segment(0xC4, table(0, DC, 4) + table(0x10, AC, 5))
    if restart:
        head += segment(0xDD, struct.pack(">H", restart))
    head += segment(0xDA, bytes([colors]) + b"".join(bytes([i, 0]) for i in ids) + b"\0\x3f\0")
    return head + scan(d, sampling, h, w, restart) + b"\xff\xd9", h, w


def their_jpeg(d):
    import tensorflow as tf
    h, w = side(d), side(d)
    attrs = {"quality": d.pick([10, 75, 95, 100]), "progressive": d.flag(), "optimize_size": d.flag(0.3),
             "chroma_downsampling": d.flag(0.7)}
    with tf.Graph().as_default(), tf.compat.v1.Session() as s:
        return s.run(tf.raw_ops.EncodeJpeg(image=pixels(d, (h, w, d.pick([1, 3]))), **attrs)), h, w


def jpeg(d):
    return own_jpeg(d) if d.small or d.flag(0.6) else their_jpeg(d)


def damaged(d, data):
    if d.flag(0.5):
        return data[:d.int(3, len(data) - 1)]
    data = bytearray(data)
    data[d.int(len(data) // 2, len(data) - 1)] ^= 1 << d.int(0, 7)
    return bytes(data)


def jpeg_attrs(d):
    return {"channels": d.pick([0, 0, 1, 3, 3, d.pick([2, 4]) if d.flag(0.1) else 0]),
            "ratio": d.pick([1, 1, 1, 2, 4, 8, 3 if d.flag(0.05) else 1]), "fancy_upscaling": d.flag(0.7),
            "dct_method": d.pick(["", "INTEGER_FAST", "INTEGER_ACCURATE"]), "grad": False}


def decode_jpeg(d):
    data, _, _ = jpeg(d)
    attrs = jpeg_attrs(d)
    if d.flag(0.3):
        # A last FF would hold TensorFlow for ever.
        data = data[:d.int(len(data) // 3, len(data) - 1)].rstrip(b"\xff")
        attrs.update(try_recover_truncated=d.flag(0.4), acceptable_fraction=d.pick([1.0, 0.5, 0.1, 0.0]))
    if d.flag(0.1):
        data = d.pick([png, gif, bmp])(d)
    return Case(bytes_of(data), **attrs)


def decode_and_crop(d):
    data, h, w = jpeg(d)
    attrs = jpeg_attrs(d)
    h, w = -(-h // attrs["ratio"]), -(-w // attrs["ratio"])
    y, x = d.int(0, h - 1), d.int(0, w - 1)
    window = [y, x, d.int(1, h - y), d.int(1, w - x)]
    if d.flag(0.1):
        window[d.int(0, 3)] += d.pick([-50, 50])
    return Case(bytes_of(data), np.array(window, np.int32), **attrs)


def jpeg_shape(d):
    data = jpeg(d)[0]
    return Case(bytes_of(data[:d.int(2, 40)] if d.flag(0.1) else data), output_type=d.type("output_type"))


# ---- PNG

def passes(d, image):
    """The image's parts in the order of an interlaced file."""
    for y, x, dy, dx in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
                         (1, 0, 2, 1)):
        yield image[y::dy, x::dx]


def packed(d, image, depth):
    """Rows behind their filters' numbers, which are 0 or 1."""
    out = b""
    for row in image if image.size else []:
        if depth == 16:
            row = row.astype(">u2").view(np.uint8).reshape(-1)
        elif depth == 8:
            row = row.astype(np.uint8).reshape(-1)
        else:
            bits = ((row.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
            row = np.packbits(bits.reshape(-1))
        step = max(1, depth * image.shape[2] // 8)
        if d.flag():
            out += b"\0" + row.tobytes()
        else:
            before = np.concatenate([np.zeros(step, np.uint8), row[:-step]]) if len(row) > step else np.zeros_like(row)
            out += b"\1" + (row - before).astype(np.uint8).tobytes()
    return out


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(d, color=None, depth=None):
    color = d.pick([0, 2, 3, 3, 4, 6]) if color is None else color
    depth = depth or d.pick({0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8]}.get(color, [8, 16]))
    h, w, channels = side(d), side(d), {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    image = pixels(d, (h, w, channels), np.uint16 if depth == 16 else np.uint8)
    image = image >> 8 - depth if depth < 8 else image
    interlaced = d.flag(0.3)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlaced))
    if d.flag(0.15):
        data += chunk(b"gAMA", struct.pack(">I", d.pick([45455, 100000])))
    if color == 3:
        n = 1 << depth if d.flag(0.9) else d.int(1, 1 << depth)
        data += chunk(b"PLTE", d.rng.bytes(3 * n))
        if d.flag(0.4):
            data += chunk(b"tRNS", d.rng.bytes(d.int(1, n)))
    elif color in (0, 2) and d.flag(0.4):
        data += chunk(b"tRNS", image.reshape(-1, channels)[0].astype(">u2").tobytes())
    if d.flag(0.1):
        data += chunk(b"tEXt", b"Title\0none")
    rows = b"".join(packed(d, part, depth) for part in (passes(d, image) if interlaced else [image]))
    return data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def decode_png(d):
    data = png(d)
    if d.flag(0.1):
        data = damaged(d, data)
    if d.flag(0.1):
        data = d.pick([lambda d: jpeg(d)[0], gif, bmp])(d)
    return Case(bytes_of(data), channels=d.pick([0, 0, 1, 3, 4]), dtype=d.type("dtype"), grad=False)


# ---- GIF

def lzw(indices, bits):
    """Codes of one length: the table is emptied before they would grow."""
    clear, text, width = 1 << bits, [], bits + 1
    for i, v in enumerate(indices):
        if i % (clear - 2) == 0:
            text.append(clear)
        text.append(int(v))
    text.append(clear + 1)
    number = sum(code << width * i for i, code in enumerate(text))
    data = number.to_bytes(-(-width * len(text) // 8), "little")
    return bytes([bits]) + b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255]
                                    for i in range(0, len(data), 255)) + b"\0"


def gif(d, frames=None):
    h, w, bits = side(d), side(d), d.int(2, 4)
    colors = d.flag(0.9)
    data = b"GIF89a" + struct.pack("<HHBBB", w, h, (0x80 if colors else 0) | bits - 1, 0, 0)
    data += d.rng.bytes(3 << bits) if colors else b""
    for k in range(frames or d.pick([1, 1, 2, 3])):
        if d.flag(0.5):
            data += b"\x21\xf9\4" + bytes([d.int(0, 3) << 2 | d.flag(0.8), 0, 0, d.int(0, (1 << bits) - 1), 0])
        if d.flag(0.2):
            data += b"\x21\xfe\4none\0"
        whole = d.flag(0.7 if k == 0 else 0.4)
        top, left = (0, 0) if whole else (d.int(0, h - 1), d.int(0, w - 1))
        fh, fw = (h, w) if whole else (d.int(1, h - top), d.int(1, w - left))
        own = not colors and d.flag(0.8) or d.flag(0.2)
        interlaced = d.flag(0.3)
        data += b"," + struct.pack("<HHHHB", left, top, fw, fh, (0x80 if own else 0) | (interlaced << 6) | bits - 1)
        data += d.rng.bytes(3 << bits) if own else b""
        data += lzw(d.rng.integers(0, 1 << bits, fh * fw), bits)
    return data + b";"


def decode_gif(d):
    data = gif(d)
    if d.flag(0.15):
        data = data[:d.int(len(data) // 3, len(data) - 1)]
    if d.flag(0.1):
        data = d.pick([png, lambda d: jpeg(d)[0], bmp])(d)
    return Case(bytes_of(data), grad=False)


# ---- BMP

def bmp(d, depth=None):
    h, w, depth = side(d), side(d), depth or d.pick([1, 3, 4])
    stride = (depth * w + 3) // 4 * 4
    palette = d.rng.bytes(d.pick([0, 1024])) if depth == 1 else b""
    head = 54 + len(palette)
    up = d.flag(0.7)
    info = struct.pack("<IiiHHIIiiII", 40, w, h if up else -h, 1, 8 * depth, 0, stride * h, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", head + stride * h, 0, 0, head) + info + palette + d.rng.bytes(stride * h)


def decode_bmp(d):
    data = bmp(d)
    if d.flag(0.1):
        data = damaged(d, data)
    if d.flag(0.1):
        data = d.pick([png, lambda d: jpeg(d)[0], gif])(d)
    return Case(bytes_of(data), channels=d.pick([0, 0, 3, 4, d.pick([1, 2]) if d.flag(0.1) else 0]), grad=False)


def decode_image(d):
    dtype = d.type("dtype")
    data = d.pick([png, gif, bmp, lambda d: jpeg(d)[0], lambda d: b"none" if d.flag(0.1) else png(d)])(d)
    if data[:2] == b"BM" and dtype != "uint8":
        # TensorFlow reserves a negative number of pixels for an image from the top down.
        data = data[:22] + struct.pack("<i", abs(struct.unpack("<i", data[22:26])[0])) + data[26:]
    return Case(bytes_of(data), channels=d.pick([0, 0, 0, 1, 3, 4]), dtype=dtype, expand_animations=d.flag(),
                grad=False)


# ---- writing

def encode_jpeg(d):
    channels = d.pick([1, 3, 3, d.pick([2, 4]) if d.flag(0.1) else 3])
    image = pixels(d, (side(d), side(d), channels))
    if d.op == "EncodeJpegVariableQuality":
        return Case(image, np.int32(d.pick([0, 20, 75, 95, 100, 101 if d.flag(0.1) else 50])), grad=False)
    return Case(image, format=d.pick(["", "", "grayscale" if channels == 1 else "rgb", "rgb"]),
                quality=d.pick([0, 20, 75, 95, 100]), progressive=d.flag(0.3), optimize_size=d.flag(0.3),
                chroma_downsampling=d.flag(0.7), density_unit=d.pick(["in", "cm"]), x_density=d.pick([300, 72]),
                y_density=d.pick([300, 1]), xmp_metadata=d.pick([b"", b"", b"<x:xmpmeta/>"]), grad=False)


def encode_png(d):
    dtype = d.type()
    batch = d.pick([(), (), (), (2,), (2, 1), (0,)])
    shape = batch + (side(d), side(d), d.int(1, 4) if d.flag(0.95) else 5)
    return Case(pixels(d, shape, np.uint16 if dtype == "uint16" else np.uint8),
                compression=d.pick([-1, -1, 0, 1, 9, 10 if d.flag(0.1) else 6]), grad=False)


GENERATORS = {"DecodeJpeg": decode_jpeg, "DecodeAndCropJpeg": decode_and_crop, "ExtractJpegShape": jpeg_shape,
              "DecodePng": decode_png, "DecodeGif": decode_gif, "DecodeBmp": decode_bmp, "DecodeImage": decode_image,
              "EncodeJpeg": encode_jpeg, "EncodeJpegVariableQuality": encode_jpeg, "EncodePng": encode_png}
