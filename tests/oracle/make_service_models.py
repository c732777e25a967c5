#!/usr/bin/env python3
"""Makes SavedModels with tables over a vocabulary file, of TensorFlow 1's form and of 2's, and a MetaGraph of
TensorFlow 1's input pipeline, queues and their runners, as TensorFlow 2.21 writes them.

  make_service_models.py tests/data/services

CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=3 are to be set.
"""
import os
import shutil
import sys
import tempfile

import tensorflow as tf

v1 = tf.compat.v1
out = sys.argv[1]
vocabulary = os.path.join(tempfile.mkdtemp(), 'vocabulary.txt')
with open(vocabulary, 'w') as f: f.write('apple\npear\nplum\n')


def initializer(): return tf.lookup.TextFileInitializer(vocabulary, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
                                                        tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.ids = tf.lookup.StaticHashTable(initializer(), -1)
        self.names = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(
            tf.constant([0, 1, 2], tf.int64), ['APPLE', 'PEAR', 'PLUM']), '?')

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'words')])
    def serve(self, words):
        ids = self.ids.lookup(words)
        return {'ids': ids, 'names': self.names.lookup(ids)}


def fresh(name):
    shutil.rmtree(os.path.join(out, name), ignore_errors=True)
    return os.path.join(out, name)


model = Model()
tf.saved_model.save(model, fresh('model2'), signatures={'serving_default': model.serve})
os.remove(os.path.join(out, 'model2', 'fingerprint.pb'))

with tf.Graph().as_default(), v1.Session() as session:
    words = v1.placeholder(tf.string, [None])
    asset = tf.constant(vocabulary)
    v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
    ids = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(
        asset, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
    bias = v1.get_variable('bias', initializer=tf.constant(10, tf.int64), use_resource=True)
    session.run([v1.global_variables_initializer(), v1.tables_initializer()])
    builder = v1.saved_model.Builder(fresh('model1'))
    signature = v1.saved_model.predict_signature_def({'words': words}, {'ids': ids.lookup(words) + bias})
    builder.add_meta_graph_and_variables(session, ['serve'], {'serving_default': signature},
                                         assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
                                         main_op=v1.tables_initializer())
    builder.save()

# Names are shuffled, two epochs; numbers are sliced in order; what comes of both is batched, in order and shuffled.
with tf.Graph().as_default() as g:
    name = v1.train.string_input_producer(['a', 'bb', 'ccc'], num_epochs=2, shuffle=True, seed=1).dequeue()
    number, square = v1.train.slice_input_producer([tf.range(6), tf.range(6) ** 2], num_epochs=1, shuffle=False)
    v1.train.batch([number, square], 4, num_threads=1, capacity=8, allow_smaller_final_batch=True, name='numbers')
    v1.train.shuffle_batch([name], 3, capacity=10, min_after_dequeue=3, seed=2, name='names')
    v1.train.batch([tf.strings.join([name, '!'])], 2, dynamic_pad=True, name='marked')
    tf.group(v1.local_variables_initializer(), v1.global_variables_initializer(), name='init')
    v1.train.export_meta_graph(os.path.join(out, 'input.meta'), graph=g)
