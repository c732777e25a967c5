#!/usr/bin/env python3
"""Makes the files of this folder with TensorFlow: graphs (.meta) with savers, collections and checkpoints of their own.

    /opt/tfenv/bin/python tests/data/state/make_state.py

ema_eval.meta    an evaluation graph whose saver reads `v/ExponentialMovingAverage` into `v`; checkpoint `ema`
parts3.meta      `w` [7,2] in three parts; checkpoint `parts`, written of two parts
tune_ref.meta    a small model that was never trained, of reference variables; tune_handle.meta the same of handles;
                 checkpoint `tune` (of both); losses.npz: five losses of each optimizer on it, and the variables after
                 them
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
here = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(here, name)


def save(sess, saver, name, meta=False):
    saver.save(sess, path(name), write_meta_graph=meta, write_state=False)


def ema():
    with tf.Graph().as_default():
        v = v1.get_variable("v", initializer=tf.constant([1.0, 2.0, 3.0]), use_resource=False)
        average = tf.train.ExponentialMovingAverage(0.5)
        apply = average.apply([v])
        with v1.Session() as sess:
            sess.run(v.initializer)
            sess.run(v1.global_variables_initializer())
            sess.run(v.assign([3.0, 4.0, 5.0]))
            sess.run(apply)
            save(sess, v1.train.Saver(), "ema")
    with tf.Graph().as_default():
        v = v1.get_variable("v", shape=[3], use_resource=False)
        tf.identity(v * 1.0, name="y")
        saver = v1.train.Saver({"v/ExponentialMovingAverage": v})
        v1.train.export_meta_graph(path("ema_eval.meta"), saver_def=saver.as_saver_def())


def parts():
    value = np.arange(14, dtype=np.float32).reshape(7, 2)
    for n in (2, 3):
        with tf.Graph().as_default():
            w = v1.get_variable("w", shape=[7, 2], initializer=v1.zeros_initializer(), use_resource=False,
                                partitioner=v1.fixed_size_partitioner(n))
            tf.identity(tf.convert_to_tensor(w), name="y")
            saver = v1.train.Saver()
            if n == 3:
                v1.train.export_meta_graph(path("parts3.meta"), saver_def=saver.as_saver_def())
                continue
            with v1.Session() as sess:
                row = 0
                for part in w:
                    rows = part.shape[0]
                    sess.run(part.assign(value[row : row + rows]))
                    row += rows
                save(sess, saver, "parts")


def model(handles):
    rows = v1.placeholder(tf.int32, [None], "rows")
    target = v1.placeholder(tf.float32, [None, 2], "target")
    table = v1.get_variable("table", initializer=tf.constant(np.linspace(-1, 1, 12).reshape(4, 3), tf.float32),
                            use_resource=handles)
    w = v1.get_variable("dense/w", initializer=tf.constant(np.linspace(1, -0.5, 6).reshape(3, 2), tf.float32),
                        use_resource=handles)
    b = v1.get_variable("dense/b", initializer=tf.constant([0.1, -0.1]), use_resource=handles)
    v1.get_variable("fixed", initializer=tf.constant(2.0), trainable=False, use_resource=handles)
    v1.get_variable("count", initializer=tf.constant(0.0), use_resource=handles, trainable=False,
                    collections=[v1.GraphKeys.LOCAL_VARIABLES])
    hidden = tf.tanh(tf.gather(table, rows))
    out = tf.add(tf.matmul(hidden, w), b, name="out")
    tf.reduce_mean(tf.square(out - target), name="loss")


OPTIMIZERS = {
    "sgd": lambda: v1.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: v1.train.MomentumOptimizer(0.1, 0.9),
    "adam": lambda: v1.train.AdamOptimizer(0.1),
    "rmsprop": lambda: v1.train.RMSPropOptimizer(0.01),
}


def tune():
    feed = {"rows:0": [0, 2, 2], "target:0": [[1, 0], [0, 1], [0.5, 0.5]]}
    results = {}
    for handles in (False, True):
        kind = "handle" if handles else "ref"
        with tf.Graph().as_default():
            model(handles)
            saver = v1.train.Saver()
            v1.train.export_meta_graph(path(f"tune_{kind}.meta"), saver_def=saver.as_saver_def())
            if not handles:
                with v1.Session() as sess:
                    sess.run(v1.global_variables_initializer())
                    save(sess, saver, "tune")
        for name, make in OPTIMIZERS.items():
            with tf.Graph().as_default() as g:
                saver = v1.train.import_meta_graph(path(f"tune_{kind}.meta"))
                loss = g.get_tensor_by_name("loss:0")
                before = v1.trainable_variables()
                train = make().minimize(loss)
                with v1.Session() as sess:
                    sess.run(v1.global_variables_initializer())
                    saver.restore(sess, path("tune"))
                    # The loss apart from the update, so that no order between them matters.
                    losses = []
                    for _ in range(5):
                        losses.append(sess.run(loss, feed))
                        sess.run(train, feed)
                    results[f"{name}/{kind}/losses"] = np.array(losses, np.float32)
                    for v in before:
                        results[f"{name}/{kind}/{v.op.name}"] = sess.run(v)
    np.savez(path("losses.npz"), **results)


ema()
parts()
tune()
