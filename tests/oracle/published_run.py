"""Writes the published training run (examples/published_run.cc) as TensorFlow's own GraphDef, data and batches inside.

  python published_run.py OUT.pb

The placeholders' defaults are what the published program feeds: step i takes the eight points from 8 i mod 128 on. Node
`train` takes a step and counts it; `loss` is the cross entropy on all points after it, and `init` runs first:

  graphdef run OUT.pb --init --target train --fetch loss --steps 4001 --out losses.npy

Prints the five losses as TensorFlow computes them. tests/data/files/published_run.pb was made so by TensorFlow 2.21.0.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


def build():
    random = np.random.RandomState(1).rand(128, 2)
    points = tf.constant(random.astype(np.float32), name="points")
    labels = tf.constant([[float(a + b < 1)] for a, b in random], tf.float32, name="labels")

    w1 = tf1.Variable(tf1.random_normal([2, 3], stddev=1, seed=1), name="w1")
    w2 = tf1.Variable(tf1.random_normal([3, 1], stddev=1, seed=1), name="w2")
    step = tf1.Variable(0, trainable=False, name="step")
    start = tf.math.floormod(step * 8, 128)
    x = tf1.placeholder_with_default(tf.slice(points, [start, 0], [8, 2]), [None, 2], "x-input")
    wanted = tf1.placeholder_with_default(tf.slice(labels, [start, 0], [8, 1]), [None, 1], "y-input")

    def cross_entropy(x, wanted):
        y = tf.matmul(tf.matmul(x, w1), w2)
        return -tf.reduce_mean(wanted * tf.math.log(tf.clip_by_value(y, 1e-10, 1.0)))

    adam = tf1.train.AdamOptimizer(0.001).minimize(cross_entropy(x, wanted))
    with tf.control_dependencies([adam]):
        train = tf.group(tf1.assign_add(step, 1), name="train")
        with tf.control_dependencies([train]):
            # Read again: what was read before the step is the old value.
            w1, w2 = tf.identity(w1.read_value()), tf.identity(w2.read_value())
            tf.identity(cross_entropy(points, labels), name="loss")


def main(path):
    graph = tf.Graph()
    with graph.as_default():
        build()
        init = tf.group(*[v.initializer for v in tf1.global_variables()], name="init")
    with open(path, "wb") as out:
        out.write(graph.as_graph_def().SerializeToString())
    with tf1.Session(graph=graph) as session:
        session.run(init)
        for step in range(4001):
            loss, _ = session.run(["loss:0", "train"])
            if step % 1000 == 0:
                print(f"{step} {loss:.6g}")


if __name__ == "__main__":
    main(*sys.argv[1:])
