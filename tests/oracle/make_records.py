#!/usr/bin/env python3
"""Makes tests/data/files/records: TFRecord files and a file of events as TensorFlow writes them, and checks those that
Weir writes. Made with TensorFlow 2.21.0 and TensorBoard 2.20.

  make_records.py                   makes the files
  make_records.py --check FOLDER    TensorFlow and TensorBoard read what Weir wrote:
                                    WEIR_TEST_OUT=FOLDER build/tests/weir_tests --gtest_filter='Record*:Event*'
"""
import argparse
import glob
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).resolve().parent.parent / "data" / "files" / "records"


def examples():
    for i in range(3):
        yield tf.train.Example(features=tf.train.Features(feature={
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[i, -i])),
            "weights": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5 * i, 1e-3])),
            "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"row %d" % i, b"\x00\xff"])),
            "nothing": tf.train.Feature(),
        }))


def sequence():
    steps = [tf.train.Feature(float_list=tf.train.FloatList(value=[t, t + 0.5])) for t in range(3)]
    return tf.train.SequenceExample(
        context=tf.train.Features(feature={"id": tf.train.Feature(int64_list=tf.train.Int64List(value=[7]))}),
        feature_lists=tf.train.FeatureLists(feature_list={"x": tf.train.FeatureList(feature=steps)}))


def make():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, kind in (("examples.tfrecord", ""), ("examples.gz", "GZIP"), ("examples.zlib", "ZLIB")):
        with tf.io.TFRecordWriter(str(OUT / name), kind or None) as w:
            for e in examples():
                w.write(e.SerializeToString(deterministic=True))
    with tf.io.TFRecordWriter(str(OUT / "sequence.tfrecord")) as w:
        w.write(sequence().SerializeToString(deterministic=True))
    for old in OUT.glob("events.*"):
        old.unlink()
    writer = tf.summary.create_file_writer(str(OUT))
    with writer.as_default():
        for step in range(4):
            tf.summary.scalar("loss", 1.0 / (1 + step), step=step)
        tf.summary.text("note", "as TensorFlow 2 writes it", step=2)
    writer.close()
    (made,) = OUT.glob("events.*")
    with tf.io.TFRecordWriter(str(OUT / "events.out.tfevents.0000000001.golden")) as w:
        for record in tf.data.TFRecordDataset(str(made)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            event.wall_time = 1.5
            w.write(event.SerializeToString(deterministic=True))
        v1 = tf.compat.v1
        histogram = v1.HistogramProto(min=-1, max=2, num=3, sum=1, sum_squares=5, bucket_limit=[0, 3], bucket=[1, 2])
        values = [v1.Summary.Value(tag="old", simple_value=2.5), v1.Summary.Value(tag="spread", histo=histogram)]
        w.write(v1.Event(wall_time=2.5, step=9, summary=v1.Summary(value=values)).SerializeToString(deterministic=True))
    made.unlink()


def check(folder):
    want = [e.SerializeToString(deterministic=True) for e in examples()]
    for name, kind in (("written.tfrecord", ""), ("written.gz", "GZIP"), ("written.zlib", "ZLIB")):
        got = [r.numpy() for r in tf.data.TFRecordDataset(os.path.join(folder, name), kind)]
        assert [tf.train.Example.FromString(r) for r in got] == [tf.train.Example.FromString(r) for r in want], name
    from tensorboard.backend.event_processing import event_accumulator
    (path,) = glob.glob(os.path.join(folder, "*.tfevents.*"))
    read = event_accumulator.EventAccumulator(path, size_guidance=event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE)
    read.Reload()
    assert [(e.step, e.value) for e in read.Scalars("loss")] == [(0, 4.0), (1, 2.0), (2, 1.0)], read.Scalars("loss")
    (histogram,) = read.Histograms("weights")
    assert (histogram.histogram_value.min, histogram.histogram_value.max, histogram.histogram_value.num) == (-1, 3, 4)
    (image,) = read.Images("picture")
    pixels = tf.io.decode_png(image.encoded_image_string).numpy()
    assert np.array_equal(pixels, np.array([[[0], [128]], [[255], [255]]], np.uint8)), pixels
    (text,) = read.Tensors("note")
    assert text.tensor_proto.string_val[0] == b"**done**"
    assert read.SummaryMetadata("note").plugin_data.plugin_name == "text"
    graph = tf.compat.v1.GraphDef.FromString(read.Graph().SerializeToString())
    y = {n.name: n for n in graph.node}["y"]
    assert [d.size for d in y.attr["_output_shapes"].list.shape[0].dim] == [2, 3]
    run = read.RunMetadata("step 1")
    assert "y" in [n.node_name for d in run.step_stats.dev_stats for n in d.node_stats]
    print("TensorFlow and TensorBoard read what Weir wrote")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="FOLDER")
    arguments = parser.parse_args()
    check(arguments.check) if arguments.check else make()
