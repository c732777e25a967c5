#!/usr/bin/env python3
"""TensorFlow loads the SavedModel that Weir wrote, runs it, and saves and restores it by its own nodes; and it trains
three steps on from the MetaGraphs and checkpoints that Weir wrote, with Weir's losses.

  WEIR_TEST_OUT=FOLDER build/tests/weir_tests --gtest_filter='SavedModels.IsLoaded*:MetaGraphs.AreTrainedOnFrom'
  check_saved.py FOLDER        (TensorFlow 2.21)
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def check_saved_model(out):
    folder = out + "/linear"
    x = np.array([[1, 1], [0, 2]], np.float32)
    want = [[30.5], [40.5]]
    model = tf.saved_model.load(folder)
    assert sorted(model.signatures) == ["count", "serving_default"], sorted(model.signatures)
    got = model.signatures["serving_default"](x=tf.constant(x))["y"].numpy()
    assert np.array_equal(got, want), got
    with tf.Graph().as_default(), v1.Session() as session:
        meta = v1.saved_model.loader.load(session, ["serve"], folder)
        assert np.array_equal(session.run("y:0", {"x:0": x}), want)
        (count,) = [t.name for t in meta.signature_def["count"].outputs.values()]
        assert session.run(count) == 7, "the init op"
        saver = v1.train.Saver(saver_def=meta.saver_def)
        path = saver.save(session, out + "/by_tensorflow")
        names = dict(tf.train.list_variables(path))
        assert names == {"w": [2, 1], "b": [1], "count": []}, names
        session.run(v1.get_collection("trainable_variables")[0].initializer)
        saver.restore(session, path)
        assert np.array_equal(session.run("y:0", {"x:0": x}), want)


def check_meta_graph(prefix):
    known = np.load(prefix + ".npz")
    feed = {"x:0": known["x"], "y:0": known["y"]}
    with tf.Graph().as_default(), v1.Session() as session:
        saver = v1.train.import_meta_graph(prefix + ".meta")
        saver.restore(session, prefix)
        path = saver.save(session, prefix + "_by_tensorflow")
        for _ in range(2):
            losses = []
            for _ in range(3):
                losses.append(session.run("loss:0", feed))
                session.run("train", feed)
            np.testing.assert_allclose(losses, known["losses"], rtol=1e-5)
            saver.restore(session, path)


check_saved_model(sys.argv[1])
for name in ("trained", "trained_ref"):
    check_meta_graph(sys.argv[1] + "/" + name)
print("TensorFlow loads, runs, trains, saves and restores what Weir wrote")
