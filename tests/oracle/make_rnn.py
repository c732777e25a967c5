#!/usr/bin/env python3
"""Makes tests/data/rnn.npz: what TensorFlow's own cells and loops give (tf.nn.rnn_cell, tf.nn.dynamic_rnn,
tf.nn.bidirectional_dynamic_rnn), read by tests/ops/model/rnn_test.cc; made with TensorFlow 2.21.0 and tf_keras 2.21:

  TF_USE_LEGACY_KERAS=1 CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 python tests/oracle/make_rnn.py

A case has the values of its variables by name, the outputs, the states `s0`, … and the gradients by x (`gx`) and by the
variables (`g/NAME`) of the sum of both, weighted by grid(…, 3). x is grid([3, 5, 2]), lengths are [5, 2, 0].
"""
import pathlib, warnings
import numpy as np, tensorflow as tf

warnings.filterwarnings('ignore')
v1 = tf.compat.v1
v1.disable_eager_execution()
cells = v1.nn.rnn_cell
gold = {}


def grid(shape, offset=0):  # eighths from -0.75 to 0.75, as tests/ops/model/golden.h has it
    return (((7 * np.arange(np.prod(shape, dtype=int)) + offset) % 13 - 6) / 8).astype(np.float32).reshape(shape)


def case(name, make, lengths):
    v1.reset_default_graph()
    x = tf.constant(grid([3, 5, 2]))
    length = tf.constant([5, 2, 0]) if lengths else None
    outputs, states = make(x, length)
    outputs, states = tf.nest.flatten(outputs), tf.nest.flatten(states)
    loss = tf.add_n([tf.reduce_sum(t * grid([3, 5, t.shape[2]], 3)) for t in outputs] +
                    [tf.reduce_sum(t * grid([3, t.shape[1]], 3)) for t in states])
    variables = v1.global_variables()
    gradients = v1.gradients(loss, [x] + variables)
    with v1.Session() as s:
        for i, v in enumerate(variables): v.load(grid(v.shape.as_list(), i) * .8, s)
        for i, t in enumerate(outputs): gold['%s/y%d' % (name, i)] = s.run(t)
        for i, t in enumerate(states): gold['%s/s%d' % (name, i)] = s.run(t)
        gold[name + '/gx'] = s.run(gradients[0])
        for v, g in zip(variables, gradients[1:]):
            key = '%s/%%s/%s' % (name, v.op.name)
            gold[key % 'v'], gold[key % 'g'] = s.run([v, tf.convert_to_tensor(g)])


def along(cell): return lambda x, n: v1.nn.dynamic_rnn(cell(), x, sequence_length=n, dtype=tf.float32)


for lengths in (False, True):
    more = '_lengths' if lengths else ''
    case('basic' + more, along(lambda: cells.BasicRNNCell(3)), lengths)
    case('lstm' + more, along(lambda: cells.LSTMCell(3)), lengths)
    case('gru' + more, along(lambda: cells.GRUCell(3)), lengths)
    case('stacked' + more, along(lambda: cells.MultiRNNCell([cells.LSTMCell(3), cells.GRUCell(2)])), lengths)
    case('peepholes' + more,
         along(lambda: cells.LSTMCell(3, use_peepholes=True, cell_clip=.3, num_proj=2, proj_clip=.25, forget_bias=.5)),
         lengths)
    case('both_ways' + more, lambda x, n: v1.nn.bidirectional_dynamic_rnn(
        cells.GRUCell(3), cells.LSTMCell(2), x, sequence_length=n, dtype=tf.float32), lengths)
np.savez_compressed(pathlib.Path(__file__).parent.parent / 'data' / 'rnn.npz', **gold)
print(len(gold), 'arrays')
