#!/usr/bin/env python3
"""Makes graphs with control flow, of TensorFlow 1's form (Switch, Merge, frames, TensorArrays, stacks) and of 2's (If,
While, TensorLists), with what TensorFlow 2.21 gives for them.

  make_control_flow.py OUT.npz --named        those of tests/data/control_flow.npz, which ctest reads
  make_control_flow.py DIR --random N [--first SEED]
                                              random ones: nesting up to 3, arrays, gradients, second order; compare
                                              them by `recorded_graphs DIR/*.pb`

A graph is a GraphDef, in the archive its bytes. Its inputs are PlaceholderWithDefault; `got/i` is what is compared with
the constant `want/i`.
CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=3 are to be set.
"""
import argparse
import os
import random
import warnings

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import function
from tensorflow.python.ops import functional_ops

warnings.filterwarnings('ignore')
v1 = tf.compat.v1
v1.disable_eager_execution()


def grid(shape, offset=0):  # eighths from -0.75 to 0.75
    return (((7 * np.arange(int(np.prod(shape))) + offset) % 13 - 6) / 8).astype(np.float32).reshape(shape)


def given(value):
    return v1.placeholder_with_default(value, np.shape(value))


def write(out, name, make, v2=False):
    """One graph; what TensorFlow cannot build or run is left out, with its reason."""
    (v1.enable_control_flow_v2 if v2 else v1.disable_control_flow_v2)()
    g = tf.Graph()
    try:
        with g.as_default():
            results = [tf.convert_to_tensor(r) for r in make()]
            for i, r in enumerate(results): tf.identity(r, name='got/%d' % i)
            with v1.Session() as s:
                s.run(v1.global_variables_initializer())
                values = s.run(['got/%d:0' % i for i in range(len(results))])
            for i, value in enumerate(values): tf.constant(value, name='want/%d' % i)
    except Exception as e:
        print('left out %s: %s' % (name, ' '.join(str(e).split())[:150]))
        return False
    out[name] = g.as_graph_def().SerializeToString()
    return True


# ---- named graphs

def with_gradients(ys, xs):
    gradients = v1.gradients([tf.reduce_sum(y * grid(y.shape, 3)) for y in ys], xs)
    return ys + [tf.zeros_like(x) if g is None else tf.convert_to_tensor(g) for x, g in zip(xs, gradients)]


def cond_simple():
    x, p = given(grid([2, 3])), given(True)
    return with_gradients([v1.cond(p, lambda: x * 2, lambda: x - 1)], [x])


def cond_two_results():
    x, y = given(grid([2, 3])), given(grid([3], 5))
    a, b = v1.cond(tf.reduce_sum(x) > 100, lambda: (x * 2, y), lambda: (tf.exp(x) * y, y * y))
    return with_gradients([a, b], [x, y])


def cond_nested():
    x, p, q = given(grid([4])), given(False), given(True)
    y = v1.cond(p, lambda: x, lambda: v1.cond(q, lambda: x * x, lambda: -x) + 1)
    return with_gradients([y], [x])


def cond_after_cond():
    x, p = given(grid([4])), given(True)
    y = v1.cond(p, lambda: x * x, lambda: -x)
    z = v1.cond(p, lambda: tf.sin(y), lambda: y)
    return with_gradients([z + y], [x])


def cond_one_side_constant():
    x, p = given(grid([4])), given(False)
    return with_gradients([v1.cond(p, lambda: x, lambda: tf.constant(grid([4], 2)))], [x])


def cond_other_shapes():
    x, p = given(grid([4])), given(True)
    return [v1.cond(p, lambda: x, lambda: tf.reshape(x, [2, 2]))]


def case_of_three():
    x, i = given(grid([4])), given(np.int32(1))
    y = v1.case([(tf.equal(i, 0), lambda: x), (tf.equal(i, 1), lambda: x * x)], default=lambda: -x)
    return with_gradients([y], [x])


def cond_with_assert():
    x, p = given(grid([4])), given(True)
    with tf.control_dependencies([v1.Assert(tf.reduce_all(x < 10), [x])]): y = tf.identity(x)
    return with_gradients([v1.cond(p, lambda: y * 2, lambda: y)], [x])


def cond_second_order():
    x, p = given(grid([4])), given(True)
    y = v1.cond(p, lambda: x * x * x, lambda: tf.exp(x))
    g = v1.gradients(y, x)[0]
    return [y, g, v1.gradients(g * grid([4], 1), x)[0]]


def cond_writes_variable():
    v = v1.get_variable('v', initializer=grid([3]), use_resource=False)
    p = given(True)
    a = v1.cond(p, lambda: v1.assign_add(v, [1., 2, 3]), lambda: v1.assign_sub(v, [1., 1, 1]))
    return [a]


def while_counter():
    i, x = v1.while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 1.5 + 1), [0, given(grid([3]))])
    return [i, x]


def while_zero_iterations():
    x = given(grid([3]))
    i, y = v1.while_loop(lambda i, x: i < 0, lambda i, x: (i + 1, x * 1.5), [0, x])
    return [i] + with_gradients([y], [x])


def while_gradients():
    x, w = given(grid([3])), given(grid([3], 5))
    _, y = v1.while_loop(lambda i, x: i < 4, lambda i, x: (i + 1, tf.tanh(x * w) + x), [0, x])
    return with_gradients([y], [x, w])


def while_invariant_matrix():
    x, w = given(grid([2, 3])), given(grid([3, 3], 5))
    _, y = v1.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.tanh(tf.matmul(x, w))), [0, x])
    return with_gradients([y], [x, w])


def while_by_value():
    x = given(grid([3]))
    y, n = v1.while_loop(lambda y, n: tf.reduce_sum(y * y) < 50, lambda y, n: (y * 2, n + 1), [x, 0])
    return [n] + with_gradients([y], [x])


def while_growing():
    x = given(grid([1, 2]))
    _, y = v1.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.concat([y, y * 2], 0)), [0, x],
                         shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])])
    return [y]


def while_nested():
    x, w = given(grid([3])), given(grid([3], 5))

    def outer(i, x):
        _, y = v1.while_loop(lambda j, y: j < i + 1, lambda j, y: (j + 1, tf.sin(y * w) + y), [0, x])
        return i + 1, y * .5

    _, y = v1.while_loop(lambda i, x: i < 3, outer, [0, x])
    return with_gradients([y], [x, w])


def while_with_cond():
    x, w = given(grid([3])), given(grid([3], 5))

    def body(i, x):
        return i + 1, v1.cond(tf.equal(i % 2, 0), lambda: x * w + x, lambda: tf.tanh(x) - w)

    _, y = v1.while_loop(lambda i, x: i < 5, body, [0, x])
    return with_gradients([y], [x, w])


def cond_with_while():
    x, w, p = given(grid([3])), given(grid([3], 5)), given(True)

    def loop():
        return v1.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * w + 1), [0, x])[1]

    return with_gradients([v1.cond(p, loop, lambda: x)], [x, w])


def while_reads_variable():
    v = v1.get_variable('v', initializer=grid([3]), use_resource=False)
    x = given(grid([3], 2))
    _, y = v1.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * v + 1), [0, x])
    return with_gradients([y], [x])


def while_parallel():
    x = given(grid([3]))
    _, y = v1.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), [0, x], parallel_iterations=1)
    return with_gradients([y], [x])


def while_maximum():
    x = given(grid([3]))
    _, y = v1.while_loop(lambda i, x: i < 9, lambda i, x: (i + 1, x + x), (0, x), maximum_iterations=4)
    return with_gradients([y], [x])


def two_loops():
    x = given(grid([3]))
    _, y = v1.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x + 1), [0, x])
    _, z = v1.while_loop(lambda i, x: i < 2, lambda i, x: (i + 1, tf.sin(x) * y), [0, x])
    return with_gradients([z], [x])


def array_write_and_stack():
    x = given(grid([3]))
    ta = v1.TensorArray(tf.float32, size=4)
    _, ta = v1.while_loop(lambda i, ta: i < 4, lambda i, ta: (i + 1, ta.write(i, x * tf.cast(i, tf.float32))), [0, ta])
    return with_gradients([ta.stack()], [x])


def array_unstack_and_read():
    x = given(grid([4, 3]))
    ta = v1.TensorArray(tf.float32, size=4).unstack(x)
    _, y = v1.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, tf.tanh(y) + ta.read(i)), [0, tf.zeros([3])])
    return with_gradients([y], [x])


def array_of_both():
    x = given(grid([4, 3]))
    a, b = v1.TensorArray(tf.float32, size=4).unstack(x), v1.TensorArray(tf.float32, size=4)

    def body(i, y, b):
        y = tf.tanh(y + a.read(i))
        return i + 1, y, b.write(i, y)

    _, y, b = v1.while_loop(lambda i, y, b: i < 4, body, [0, tf.zeros([3]), b])
    return with_gradients([y, b.stack()], [x])


def array_dynamic():
    x = given(grid([3]))
    ta = v1.TensorArray(tf.float32, size=0, dynamic_size=True)
    _, ta = v1.while_loop(lambda i, ta: i < 4, lambda i, ta: (i + 1, ta.write(i, x + 1)), [0, ta])
    return [ta.stack(), ta.size()]


def array_split_and_concat():
    x = given(grid([5, 2]))
    ta = v1.TensorArray(tf.float32, size=3, infer_shape=False, element_shape=[None, 2],
                        clear_after_read=False).split(x, [2, 1, 2])
    y = tf.reshape(ta.concat(), [5, 2])
    return with_gradients([tf.reshape(ta.read(0), [2, 2]) * 2 + y[:2], y], [x])


def array_gather():
    x = given(grid([5, 2]))
    ta = v1.TensorArray(tf.float32, size=5).unstack(x)
    return with_gradients([tf.reshape(ta.gather([3, 1]), [2, 2])], [x])


def array_scatter():
    x = given(grid([3, 2]))
    ta = v1.TensorArray(tf.float32, size=3).scatter([2, 0, 1], x)
    return with_gradients([ta.stack()], [x])


def functional():
    x = given(grid([4, 3]))
    y = v1.map_fn(lambda r: tf.sin(r) * 2, x)
    z = v1.scan(lambda a, r: a * .5 + r, x)
    s = v1.foldl(lambda a, r: a * .5 + r, x)
    return with_gradients([y, z, s], [x])


def summaries():
    x, tags = given(grid([2, 3])), tf.constant(['a', 'b'])
    some = [v1.summary.scalar('mean', tf.reduce_mean(x)), v1.summary.histogram('all', x),
            v1.summary.histogram('none', x[:0]), v1.summary.histogram('large', x * 1e30)]
    two = tf.raw_ops.ScalarSummary(tags=tags, values=x[0, :2])
    return [some[0], some[1], two, v1.summary.merge(some), tf.raw_ops.MergeSummary(inputs=[two])]


def summaries_of_images_and_tensors():
    x = given(grid([2, 3, 4, 3]) * 4)
    positive, odd = tf.abs(x[:1, :, :, :1]), tf.concat([x[:1], x[1:] / 0], 0)
    metadata = v1.SummaryMetadata(display_name='t', summary_description='of x')
    metadata.plugin_data.plugin_name = 'text'
    images = [tf.raw_ops.ImageSummary(tag='image', tensor=t, max_images=n)
              for t, n in [(x, 3), (x, 1), (positive, 3), (odd, 2), (x[:0], 3), (tf.cast(x * 8 + 64, tf.uint8), 3),
                           (tf.cast(x, tf.float64), 2), (tf.cast(x, tf.float16), 2), (x * 1e-8, 1),
                           (tf.pad(x, [[0, 0]] * 3 + [[0, 1]]), 2)]]
    tensors = [tf.raw_ops.TensorSummary(tensor=t, display_name='d', name='summary_of_%d' % i)
               for i, t in enumerate([x, tf.constant(['p', 'q']), tf.reduce_sum(x) > 0])]
    tagged = [tf.raw_ops.TensorSummaryV2(tag='tag', tensor=t, serialized_summary_metadata=m)
              for t, m in [(tf.cast(x, tf.int16), metadata.SerializeToString()), (tf.constant('one'), b'')]]
    return images + tensors + tagged


def for_loops():
    x, n = given(grid([3])), given(np.int32(4))

    @function.Defun(tf.int32, tf.float32, tf.int32)
    def step(i, y, seen):
        return y * .5 + tf.cast(i, tf.float32), seen * 10 + i

    results = []
    for start, limit, delta in [(0, n, 1), (n, 0, -2), (3, n + 5, 4), (2, 2, 0), (1, 1, 5), (2, 1, -1)]:
        results += functional_ops.For(start, limit, delta, [x, 0], step)

    @function.Defun(tf.int32, tf.float32)
    def outer(i, y):
        return functional_ops.For(0, i, 1, [y], inner)

    @function.Defun(tf.int32, tf.float32)
    def inner(i, y):
        return y + tf.cast(i, tf.float32) * x.shape[0]

    return results + functional_ops.For(0, n, 1, [x], outer)


def gradients_of_functions():
    x, y = given(grid([3])), given(grid([3], 5))

    @function.Defun(tf.float32, tf.float32)
    def f(a, b):
        return tf.sin(a) * b, tf.reduce_sum(a)

    @function.Defun(tf.float32, tf.float32, tf.float32, tf.float32)
    def clipped(a, b, da, db):
        return tf.clip_by_value(da, -.5, .5) * b + a, db * tf.ones_like(b)

    @function.Defun(tf.float32, tf.float32, grad_func=clipped)
    def with_gradient(a, b):
        return a * b * 3, tf.reduce_max(b)

    results = []
    for called in (f, with_gradient):
        ys = list(called(x, y)) + list(called(x, x))
        results += ys + v1.gradients([tf.reduce_sum(z * .75) for z in ys], [x, y])
        results += functional_ops.symbolic_gradient([x, y, y * 2, tf.constant(3.)], [tf.float32] * 2, called)
    return results


def rnn(lengths):
    def make():
        x = given(grid([3, 4, 2]))
        w, b = given(grid([2 + 3, 3], 4)), given(grid([3], 1))

        xs = v1.TensorArray(tf.float32, size=4).unstack(tf.transpose(x, [1, 0, 2]))

        def step(i, h, ta):
            h2 = tf.tanh(tf.matmul(tf.concat([xs.read(i), h], 1), w) + b)
            if lengths is not None: h2 = tf.where(tf.tile(tf.reshape(i < lengths, [-1, 1]), [1, 3]), h2, h)
            return i + 1, h2, ta.write(i, h2)

        out = v1.TensorArray(tf.float32, size=4)
        _, h, out = v1.while_loop(lambda i, *_: i < 4, step, [0, tf.zeros([3, 3]), out])
        return with_gradients([h, tf.transpose(out.stack(), [1, 0, 2])], [x, w, b])
    return make


NAMED = {f.__name__: f for f in [
    cond_simple, cond_two_results, cond_nested, cond_after_cond, cond_one_side_constant, cond_other_shapes,
    case_of_three, cond_with_assert, cond_second_order, cond_writes_variable, while_counter, while_zero_iterations,
    while_gradients, while_invariant_matrix, while_by_value, while_growing, while_nested, while_with_cond,
    cond_with_while, while_reads_variable, while_parallel, while_maximum, two_loops, array_write_and_stack,
    array_unstack_and_read, array_of_both, array_dynamic, array_split_and_concat, array_gather, array_scatter,
    functional, summaries, summaries_of_images_and_tensors, for_loops, gradients_of_functions]}
NAMED['rnn'], NAMED['rnn_lengths'] = rnn(None), rnn(np.array([4, 2, 0], np.int32))


# ---- random graphs

class Random:
    """A random program over vectors of one length."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.n = self.r.choice([1, 2, 3])

    def make(self):
        r = self.r
        xs = [given(grid([self.n], r.randrange(13))) for _ in range(r.randint(1, 3))]
        flags = [given(bool(r.getrandbits(1))), given(np.int32(r.randint(0, 4)))]
        values = self.block(list(xs), flags, r.randint(1, 3), r.randint(1, 4))
        ys = [values[-1]] + ([r.choice(values)] if r.random() < .4 else [])
        results = list(ys)
        if r.random() < .7:
            g = v1.gradients([tf.reduce_sum(y * grid([self.n], 3)) for y in ys], xs)
            gs = [(x, tf.convert_to_tensor(d)) for x, d in zip(xs, g) if d is not None]
            results += [d for _, d in gs]
            if gs and self.second and r.random() < .5:
                h = v1.gradients(tf.reduce_sum(tf.add_n([d for _, d in gs]) * grid([self.n], 7)), xs)
                results += [tf.convert_to_tensor(d) for d in h if d is not None]
        return results

    def block(self, values, flags, depth, length):
        values = list(values)
        for _ in range(length): values.append(self.statement(values, flags, depth))
        return values

    def pick(self, values):
        return values[-1] if self.r.random() < .5 else self.r.choice(values)

    def statement(self, values, flags, depth):
        r = self.r
        kinds = ['simple'] * 3 + (['cond', 'cond', 'while', 'while', 'array', 'read'] if depth > 0 else [])
        return getattr(self, r.choice(kinds))(values, flags, depth)

    def simple(self, values, flags, depth):
        a, b, k = self.pick(values), self.pick(values), self.r.randrange(8)
        return [lambda: a + b, lambda: a * b * .5, lambda: tf.tanh(a), lambda: tf.sin(a) - b, lambda: tf.maximum(a, b),
                lambda: a * tf.cast(flags[1], tf.float32) * .25, lambda: tf.where(a > b, a, tf.tanh(b)),
                lambda: tf.gather(a, [self.n - 1] * self.n) - b][k]()

    def predicate(self, values, flags):
        a, k = self.pick(values), self.r.randrange(4)
        return [lambda: flags[0], lambda: tf.reduce_sum(a) > 0.1, lambda: tf.equal(flags[1] % 2, 0),
                lambda: tf.logical_not(flags[0])][k]()

    def cond(self, values, flags, depth):
        length, n = self.r.randint(1, 2), self.r.randint(1, 2)
        branch = lambda: tuple(self.block(values, flags, depth - 1, length)[-n:])
        results = v1.cond(self.predicate(values, flags), branch, branch)
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        return results[0] if n == 1 else results[0] + results[1] * .5

    def trips(self, flags):
        return self.r.choice([0, 1, 2, 3, flags[1]])

    def loop(self, body, start, flags):
        trips = self.trips(flags)
        return v1.while_loop(lambda i, *_: i < trips, lambda i, *v: (i + 1,) + tuple(body(i, *v)), [0] + start)[1:]

    def let(self, values, flags, i, carried):
        inner = [flags[0], i] if self.r.random() < .7 else flags
        return list(values) + list(carried), inner

    def while_(self, values, flags, depth):
        carried = [self.pick(values) for _ in range(self.r.randint(1, 2))]

        def body(i, *carried):
            inside, inner = self.let(values, flags, i, carried)
            made = self.block(inside, inner, depth - 1, self.r.randint(1, 2))
            others = carried[1:] if self.r.random() < .5 else [made[-1] * .5 for _ in carried[1:]]
            return [tf.tanh(made[-1])] + list(others)

        return self.loop(body, carried, flags)[-1 if self.r.random() < .3 else 0]

    def array(self, values, flags, depth):
        trips, x = self.r.randint(1, 3), self.pick(values)
        ta = v1.TensorArray(tf.float32, size=trips, element_shape=[self.n])

        def body(i, y, ta):
            inside, inner = self.let(values, flags, i, [y])
            y = tf.tanh(self.block(inside, inner, depth - 1, 1)[-1])
            return i + 1, y, ta.write(i, y)

        _, y, ta = v1.while_loop(lambda i, *_: i < trips, body, [0, x, ta])
        stacked = ta.stack() if self.r.random() < .7 else ta.gather(list(range(trips))[::-1])
        return tf.reduce_sum(stacked * grid([trips, self.n], 5), 0) + y

    def read(self, values, flags, depth):
        trips = self.r.randint(1, 3)
        rows = tf.stack([self.pick(values) for _ in range(trips)])
        ta = v1.TensorArray(tf.float32, size=trips, clear_after_read=False).unstack(rows)

        def body(i, y):
            inside, inner = self.let(values, flags, i, [y, ta.read(i)])
            return i + 1, tf.tanh(self.block(inside, inner, depth - 1, 1)[-1] + ta.read(trips - 1 - i))

        return v1.while_loop(lambda i, *_: i < trips, body, [0, self.pick(values)])[1]


setattr(Random, 'while', Random.while_)
WERE_WRONG = [56, 72, 192, 1233, 1286, 1385]  # random ones that were, once


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out')
    p.add_argument('--named', action='store_true')
    p.add_argument('--random', type=int, default=0)
    p.add_argument('--first', type=int, default=0)
    a = p.parse_args()
    graphs = {}
    seeds = list(range(a.first, a.first + a.random))
    if a.named:
        seeds += WERE_WRONG
        for name, make in NAMED.items():
            for form in ('v1', 'v2'): write(graphs, '%s_%s' % (name, form), make, form == 'v2')
    for seed in seeds:
        program = Random(seed)
        program.second = seed % 2 == 1  # TensorFlow has second derivatives of the new form of loops only
        write(graphs, 'random_%d_%s' % (seed, 'v2' if seed % 2 else 'v1'), program.make, seed % 2 == 1)
    if a.out.endswith('.npz'):
        np.savez_compressed(a.out, **{name: np.frombuffer(g, np.uint8) for name, g in graphs.items()})
    else:
        os.makedirs(a.out, exist_ok=True)
        for name, g in graphs.items():
            with open(os.path.join(a.out, name + '.pb'), 'wb') as f: f.write(g)
    print(len(graphs), 'graphs')


if __name__ == '__main__':
    main()
