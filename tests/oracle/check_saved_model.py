#!/usr/bin/env python3
"""TensorFlow loads the SavedModel that Weir wrote, runs it, and saves and restores it by its own nodes.

  WEIR_TEST_OUT=FOLDER build/tests/weir_tests --gtest_filter='SavedModels.IsLoaded*'
  check_saved_model.py FOLDER        (TensorFlow 2.21)
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np
import tensorflow as tf

folder = sys.argv[1] + "/linear"
x = np.array([[1, 1], [0, 2]], np.float32)
want = [[30.5], [40.5]]

model = tf.saved_model.load(folder)
assert sorted(model.signatures) == ["count", "serving_default"], sorted(model.signatures)
got = model.signatures["serving_default"](x=tf.constant(x))["y"].numpy()
assert np.array_equal(got, want), got

v1 = tf.compat.v1
with tf.Graph().as_default(), v1.Session() as session:
    meta = v1.saved_model.loader.load(session, ["serve"], folder)
    assert np.array_equal(session.run("y:0", {"x:0": x}), want)
    (count,) = [t.name for t in meta.signature_def["count"].outputs.values()]
    assert session.run(count) == 7, "the init op"
    saver = v1.train.Saver(saver_def=meta.saver_def)
    path = saver.save(session, sys.argv[1] + "/by_tensorflow")
    names = dict(tf.train.list_variables(path))
    assert names == {"w": [2, 1], "b": [1], "count": []}, names
    session.run(v1.get_collection("trainable_variables")[0].initializer)
    saver.restore(session, path)
    assert np.array_equal(session.run("y:0", {"x:0": x}), want)
print("TensorFlow loads, runs, saves and restores the model")
