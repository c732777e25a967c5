#!/usr/bin/env python3
"""Writes small image files of each format and what TensorFlow makes of them.

  make_image_files.py DIR       (tests/data/files/images; NAME.png and so on, and expected.npz, by the files' names)

bomb.png alone is no sound file: it announces 2 GB of pixels.

Needs TensorFlow 2.
"""

import os
import struct
import sys
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

import gen_image_files as gen
from draw import Draw

FILES = {"gray.jpg": lambda d: gen.own_jpeg(d, 1)[0], "sampled.jpg": lambda d: gen.own_jpeg(d, 3)[0],
         "print.jpg": lambda d: gen.own_jpeg(d, 4)[0], "progressive.jpg": lambda d: progressive(d),
         "palette.png": lambda d: gen.png(d, 3, 4), "deep.png": lambda d: gen.png(d, 6, 16),
         "bits.png": lambda d: gen.png(d, 0, 1), "still.gif": lambda d: gen.gif(d, 1),
         "frames.gif": lambda d: gen.gif(d, 3), "two.gif": lambda d: gen.gif(d, 2),
         "gray.bmp": lambda d: gen.bmp(d, 1), "colors.bmp": lambda d: gen.bmp(d, 3),
         "alpha.bmp": lambda d: gen.bmp(d, 4)}


def progressive(d):
    with tf.Graph().as_default(), tf.compat.v1.Session() as s:
        return s.run(tf.raw_ops.EncodeJpeg(image=gen.pixels(d, (9, 7, 1)), progressive=True, optimize_size=True))


def main():
    folder, expected = sys.argv[1], {}
    os.makedirs(folder, exist_ok=True)
    for name, make in FILES.items():
        for number in range(1000):
            data = make(Draw(name, {}, 7, number, small=True))
            try:
                expected[name] = tf.raw_ops.DecodeImage(contents=data).numpy()
            except tf.errors.OpError:
                continue
            if len(data) < 1000:
                break
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
        print(name, len(data), expected[name].shape)
    bomb = struct.pack(">IIBBBBB", 30000, 17000, 8, 6, 0, 0, 0)
    with open(os.path.join(folder, "bomb.png"), "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + gen.chunk(b"IHDR", bomb) + gen.chunk(b"IDAT", zlib.compress(bytes(60))) +
                gen.chunk(b"IEND", b""))
    np.savez_compressed(os.path.join(folder, "expected.npz"), **expected)


main()
