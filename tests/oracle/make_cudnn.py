#!/usr/bin/env python3
"""Makes tests/data/cudnn.npz: what Keras' layers give where CudnnRNN has their weights, read by
tests/ops/sequence/cudnn_test.cc; TensorFlow has no CPU kernel of CudnnRNN. Made with TensorFlow 2.21.0 and tf_keras
2.21:

  TF_USE_LEGACY_KERAS=1 CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 python tests/oracle/make_cudnn.py

A case CELL_DIRECTIONS_LAYERS[_lengths] has the input x [time 5, batch 3, inputs 2], the states h and c, the vector
`params`, the outputs y, hn and cn, and the gradients gx, gh, gc, gparams of their sum, weighted by grid(…, 3).
"""
import pathlib
import numpy as np, tensorflow as tf

T, B, IN, UNITS = 5, 3, 2, 3
LENGTHS = np.array([5, 2, 0], np.int32)
gold = {}


def grid(shape, offset=0):  # eighths from -0.75 to 0.75
    return (((7 * np.arange(np.prod(shape, dtype=int)) + offset) % 13 - 6) / 8).astype(np.float32).reshape(shape)


def layer(cell, matrices, biases, states, x, lengths):
    """One direction of one layer by Keras, on weights as tensors: x and y [time, batch, …]."""
    gates = len(matrices) // 2
    order = [1, 0, 2] if cell == 'gru' else range(gates)  # Keras has z, r, h
    kernel = tf.concat([tf.transpose(matrices[k]) for k in order], 1)
    recurrent = tf.concat([tf.transpose(matrices[gates + k]) for k in order], 1)
    of_input = tf.concat([biases[k] for k in order], 0)
    own = tf.concat([biases[gates + k] for k in order], 0)
    cells = tf.keras.layers
    made = {'lstm': lambda: cells.LSTMCell(UNITS), 'gru': lambda: cells.GRUCell(UNITS, reset_after=True),
            'tanh': lambda: cells.SimpleRNNCell(UNITS),
            'relu': lambda: cells.SimpleRNNCell(UNITS, activation='relu')}[cell]()
    made.build(x.shape)
    made.kernel, made.recurrent_kernel = kernel, recurrent
    made.bias = tf.stack([of_input, own]) if cell == 'gru' else of_input + own  # only a GRU tells them apart
    ys = []
    for i in range(T):
        y, after = made(x[i], states)
        live = (i < lengths)[:, None]
        ys.append(tf.where(live, y, tf.zeros_like(y)))
        states = [tf.where(live, a, s) for a, s in zip(after, states)]
    return tf.stack(ys), states


def case(cell, directions, layers, lengths):
    gates = {'lstm': 4, 'gru': 3}.get(cell, 1)
    inputs = [IN if p < directions else UNITS * directions for p in range(layers * directions)]
    sizes = [gates * UNITS * (n + UNITS) for n in inputs]
    params = tf.constant(grid([sum(sizes) + len(sizes) * 2 * gates * UNITS], 5) * .8)
    x = tf.constant(grid([T, B, IN]))
    h, c = [tf.constant(grid([layers * directions, B, UNITS], k)) for k in (1, 2)]
    n = LENGTHS if lengths else np.full([B], T, np.int32)

    def parts(params, p):
        at, matrices = sum(sizes[:p]), []
        for k in range(2 * gates):
            columns = inputs[p] if k < gates else UNITS
            matrices.append(tf.reshape(params[at:at + UNITS * columns], [UNITS, columns]))
            at += UNITS * columns
        at = sum(sizes) + p * 2 * gates * UNITS
        return matrices, [params[at + k * UNITS:at + (k + 1) * UNITS] for k in range(2 * gates)]

    with tf.GradientTape() as tape:
        tape.watch([x, h, c, params])
        y, hs, cs = x, [], []
        for l in range(layers):
            outs = []
            for d in range(directions):
                p = l * directions + d
                into = tf.reverse_sequence(y, n, 0, 1) if d else y
                states = [h[p], c[p]] if cell == 'lstm' else [h[p]]
                out, states = layer(cell, *parts(params, p), states, into, n)
                outs.append(tf.reverse_sequence(out, n, 0, 1) if d else out)
                hs.append(states[0])
                if cell == 'lstm': cs.append(states[1])
            y = tf.concat(outs, 2)
        results = {'y': y, 'hn': tf.stack(hs)}
        if cell == 'lstm': results['cn'] = tf.stack(cs)
        loss = tf.add_n([tf.reduce_sum(t * grid(t.shape, 3)) for t in results.values()])
    gx, gh, gc, gparams = tape.gradient(loss, [x, h, c, params], unconnected_gradients='zero')
    results.update(x=x, h=h, c=c, params=params, gx=gx, gh=gh, gc=gc, gparams=gparams)
    name = '%s_%d_%d%s' % (cell, directions, layers, '_lengths' if lengths else '')
    for key, value in results.items(): gold['%s/%s' % (name, key)] = value.numpy()


for cell in ('lstm', 'gru', 'tanh', 'relu'):
    for directions, layers in ((1, 1), (2, 2)):
        for lengths in (False, True): case(cell, directions, layers, lengths)
np.savez_compressed(pathlib.Path(__file__).parent.parent / 'data' / 'cudnn.npz', **gold)
print(len(gold), 'arrays')
