#!/usr/bin/env python3
"""Makes digit_reader.meta of this folder with TensorFlow 1's ways (TensorFlow 2.21): a graph that trains on digits
which it reads from TFRecords by itself, through a queue of file names, a reader, and a queue that shuffles and batches.
The example input_pipeline runs it.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
here = os.path.dirname(os.path.abspath(__file__))

v1.set_random_seed(3)
files = tf.constant(["digits.tfrecord"], name="files")
names = v1.train.string_input_producer(files, num_epochs=30, shuffle=False)
_, record = v1.TFRecordReader().read(names)
features = tf.io.parse_single_example(record, {"image": tf.io.FixedLenFeature([], tf.string),
                                               "label": tf.io.FixedLenFeature([], tf.int64)})
pixels = tf.cast(tf.reshape(tf.io.decode_raw(features["image"], tf.uint8), [64]), tf.float32) / 16.0
images, labels = v1.train.shuffle_batch([pixels, tf.cast(features["label"], tf.int32)], 32, capacity=600,
                                        min_after_dequeue=300, seed=5)


def variable(name, shape, stddev):
    initial = tf.random.truncated_normal(shape, stddev=stddev, seed=1)
    return v1.get_variable(name, initializer=initial, use_resource=False)


def net(x):
    hidden = tf.nn.relu(x @ w1 + b1)
    return hidden @ w2 + b2


w1, b1 = variable("hidden/kernel", [64, 48], 0.15), variable("hidden/bias", [48], 0.01)
w2, b2 = variable("logits/kernel", [48, 10], 0.15), variable("logits/bias", [10], 0.01)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=net(images)), name="loss")
v1.train.AdamOptimizer(0.005).minimize(loss, name="train")
tf.argmax(net(v1.placeholder(tf.float32, [None, 64], "x")), 1, output_type=tf.int32, name="digit")
v1.group(v1.global_variables_initializer(), v1.local_variables_initializer(), name="start")
v1.train.export_meta_graph(os.path.join(here, "digit_reader.meta"), clear_devices=True)
