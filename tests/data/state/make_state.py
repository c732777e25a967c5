#!/usr/bin/env python3
"""Makes the files of this folder with TensorFlow: graphs (.meta) with savers, collections and checkpoints of their own.

    /opt/tfenv/bin/python tests/data/state/make_state.py

ema_eval.meta    an evaluation graph whose saver reads `v/ExponentialMovingAverage` into `v`; checkpoint `ema`
parts3.meta      `w` [7,2] in three parts; checkpoint `parts`, written of two parts
tune_ref.meta    a small model that was never trained, of reference variables; tune_handle.meta the same of handles;
                 checkpoint `tune` (of both); losses.npz: five losses of each optimizer on it, and the variables after
                 them
old.ckpt, old_shards.ckpt   checkpoints of the V1 format, the second in shards and with a partitioned variable;
                 old.npz: the values; old.meta: a graph that saves and restores so
objects          a checkpoint of TensorFlow 2, of a model's variables and Adam's slots; objects.npz: the values by the
                 names that TensorFlow 1 would have
"""
import os
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
if "objects" not in sys.argv:
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


def old():
    values = {"number/" + t: np.arange(6).reshape(2, 3).astype(t) for t in
              "float32 float64 int8 int16 int32 int64 uint8 complex64".split()}
    values.update(flag=np.array([True, False]), scalar=np.float32(3.5), empty=np.zeros((0, 3), np.float32),
                  text=np.array([b"ab", b"", b"x" * 300]))
    wide = np.arange(14, dtype=np.float32).reshape(7, 2)
    for sharded in (False, True):
        with tf.Graph().as_default():
            names = sorted(values)
            for i, name in enumerate(names):
                with tf.device("/cpu:0" if i % 2 else "/job:localhost/task:0/cpu:0"):
                    v1.Variable(tf.constant(values[name]), name=name, use_resource=False)
            if sharded:
                v1.get_variable("wide", initializer=lambda shape, dtype, partition_info: tf.slice(
                    tf.constant(wide), partition_info.var_offset, shape), shape=[7, 2], use_resource=False,
                    partitioner=v1.fixed_size_partitioner(3))
            saver = v1.train.Saver(write_version=v1.train.SaverDef.V1, sharded=sharded)
            with v1.Session() as sess:
                sess.run(v1.global_variables_initializer())
                save(sess, saver, "old_shards.ckpt" if sharded else "old.ckpt")
            if not sharded:
                v1.train.export_meta_graph(path("old.meta"), saver_def=saver.as_saver_def())
    np.savez(path("old.npz"), wide=wide, **values)


def objects():
    import tf_keras

    model = tf_keras.Sequential([tf_keras.layers.Dense(2, name="dense", input_shape=(3,))])
    adam = tf_keras.optimizers.legacy.Adam()
    model.compile(adam, "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    tf.train.Checkpoint(model=model, optimizer=adam).write(path("objects"))
    np.savez(path("objects.npz"), **{v.name[:-2]: v.numpy() for v in model.variables + adam.variables()})


if "objects" in sys.argv:
    objects()
else:
    ema()
    parts()
    tune()
    old()
    subprocess.run([sys.executable, __file__, "objects"], check=True)
