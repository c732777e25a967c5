#!/usr/bin/env python3
"""Makes low_digits.meta and the checkpoint low_digits of this folder, with TensorFlow 1's ways (TensorFlow 2.21): a
small convolutional network that tells the digits 0 to 4 of digits.csv.gz apart. The example finetune goes on from it.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
here = os.path.dirname(os.path.abspath(__file__))
table = np.loadtxt(os.path.join(here, "digits.csv.gz"), delimiter=",")
train = np.array([i % 4 != 3 for i in range(len(table))]) & (table[:, 64] < 5)
pixels, labels = table[train, :64].reshape(-1, 8, 8, 1) / 16, table[train, 64].astype(np.int32)


def variable(name, shape, stddev):
    initial = tf.random.truncated_normal(shape, stddev=stddev, seed=1)
    return v1.get_variable(name, initializer=initial, use_resource=False)


v1.set_random_seed(7)
images = v1.placeholder(tf.float32, [None, 8, 8, 1], "images")
digits = v1.placeholder(tf.int32, [None], "labels")
kernel, bias = variable("conv/kernel", [3, 3, 1, 8], 0.3), variable("conv/bias", [8], 0.01)
net = tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME") + bias)
net = tf.reshape(tf.nn.max_pool2d(net, 2, 2, "VALID"), [-1, 128])
net = tf.nn.relu(net @ variable("dense/kernel", [128, 24], 0.1) + variable("dense/bias", [24], 0.01), name="features")
logits = tf.add(net @ variable("logits/kernel", [24, 5], 0.2), variable("logits/bias", [5], 0.01), name="logits")
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=digits, logits=logits))
step = v1.train.AdamOptimizer(0.01).minimize(loss)
saver = v1.train.Saver(v1.trainable_variables())
with v1.Session() as session:
    session.run(v1.global_variables_initializer())
    order = np.random.RandomState(1)
    for _ in range(600):
        rows = order.randint(0, len(labels), 32)
        session.run(step, {images: pixels[rows], digits: labels[rows]})
    saver.save(session, os.path.join(here, "low_digits"), write_state=False)
    right = np.mean(np.argmax(session.run(logits, {images: pixels}), 1) == labels)
    print(f"{100 * right:.1f} % of {len(labels)} images right")
