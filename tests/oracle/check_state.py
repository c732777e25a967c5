#!/usr/bin/env python3
"""Lets TensorFlow run the graphs that Weir's tests made: frozen ones, imported ones with an optimizer on them, and
those of gradients of first and second order through calls, branches, loops and lists.

    check_state.py [--build DIR]

Frozen graphs compute what Weir computed; imported graphs are trained five steps, and the losses are TensorFlow's own
(tests/data/state); a MetaGraph's collections are those that Weir had. Exit 0 if all agree.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()


# What TensorFlow cannot run of it, and why.
EXCEPT = {"OfACallByTheFunctionsName": "its Python reads no polymorphic functions",
          "OfBranchesInLoopsAndLoopsInBranches_": "of second order: it has no zeros like a list that is a FakeParam"}


def check(path):
    """The largest difference."""
    arrays = np.load(path[:-3] + ".npz")
    part = lambda kind: {k[len(kind):]: arrays[k] for k in arrays.files if k.startswith(kind)}
    feeds, fetches, train = part("feed/"), part("fetch/"), part("train/")
    definition = v1.GraphDef()
    with open(path, "rb") as f:
        definition.ParseFromString(f.read())
    with tf.Graph().as_default():
        tf.import_graph_def(definition, name="")
        with v1.Session() as sess:
            worst = 0.0
            for name, want in fetches.items():
                worst = max(worst, (np.abs(sess.run(name, feeds) - want) / np.maximum(1, np.abs(want))).max(initial=0))
            for target, losses in train.items():
                sess.run("init")
                for want in losses:
                    worst = max(worst, abs(sess.run("loss:0", feeds) - want))
                    sess.run(target, feeds)
            return worst


def check_collections(meta):
    """What differs between TensorFlow's collections of a MetaGraph and those that Weir wrote down."""
    with open(meta[:-5] + ".txt") as f:
        want = sorted(line.split() for line in f)
    kinds = {"op": v1.Operation, "tensor": v1.Tensor}
    with tf.Graph().as_default() as graph:
        v1.train.import_meta_graph(meta)
        have = []
        for key in graph.get_all_collection_keys():
            for item in v1.get_collection(key):
                kind = [k for k, t in kinds.items() if isinstance(item, t)]
                kind = kind[0] if kind else "trained" if item.trainable else "variable"
                have.append([key, kind, item.name])
    # A list of variables under a name that TensorFlow does not know is one of tensors there.
    tensors = {tuple(h) for h in have if h[1] == "tensor"}
    want = [[k, "tensor", n] if kind in ("trained", "variable") and (k, "tensor", n) in tensors else [k, kind, n]
            for k, kind, n in want]
    return sorted(set(map(tuple, want)) ^ set(map(tuple, have)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--build", default=os.path.join(here, "../../build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tests = [os.path.join(args.build, "tests/weir_tests"),
                 "--gtest_filter=*Freeze*:*Imported*:Collections.*:*Gradient*:Sequences*:Optional*:*Special*:Rnn*"
                 ":WhileLoop*-*Cudnn*"]
        subprocess.run(tests, env={**os.environ, "WEIR_KEEP_FOR_TENSORFLOW": folder}, check=True,
                       stdout=subprocess.DEVNULL)
        graphs = sorted(glob.glob(folder + "/*.pb"))
        bad = 0
        for path in graphs:
            try:
                worst = check(path)
            except Exception as e:
                known = [reason for name, reason in EXCEPT.items() if name in path]
                print(f"{os.path.basename(path)}: {known or ' '.join(str(e).split())[:300]}")
                if known: continue
                worst = np.inf
            bad += not worst < 5e-6
            print(f"{os.path.basename(path)}: largest difference {worst:.1e}")
        different = check_collections(os.path.join(folder, "collections.meta"))
        print(f"collections.meta: {len(different)} differences", *different, sep="\n  ")
    return 1 if bad or different or len(graphs) < 50 else 0


sys.exit(main())
