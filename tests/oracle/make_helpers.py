#!/usr/bin/env python3
"""Makes tests/data/helpers.npz, what TensorFlow's training helpers give: optimizers, schedules, losses, initializers,
moving averages, clipping, layers. Read by tests/ops/model/*_test.cc, which build the same with Weir; made with
TensorFlow 2.21.0, graph mode, on the CPU:

  CUDA_VISIBLE_DEVICES=-1 TF_CPP_MIN_LOG_LEVEL=3 /opt/tf/bin/python tests/oracle/make_helpers.py

tf.layers is gone from tf.compat.v1 of this version, but its code is still inside TensorFlow and is what runs here; only
batch normalisation is not, and is made of plain ops. AdamW, which TensorFlow 1 had not, is computed with NumPy. Inputs
come from `grid` and `part`, exact in float32, which tests/ops/model/golden.h has too.
"""
import pathlib, warnings
import numpy as np, tensorflow as tf
from tensorflow.python.keras.layers import Embedding
from tensorflow.python.keras.legacy_tf_layers import convolutional, core, pooling

warnings.filterwarnings('ignore')
v1, train, losses = tf.compat.v1, tf.compat.v1.train, tf.compat.v1.losses
v1.disable_eager_execution()
v1.enable_resource_variables()
gold = {}


def series(shape, offset):
    return (7 * np.arange(np.prod(shape, dtype=int)) + offset) % 13


def grid(shape, offset=0):  # eighths from -0.75 to 0.75
    return ((series(shape, offset) - 6) / 8).astype(np.float32).reshape(shape)


def part(shape, offset=0):  # sixteenths from 1/16 to 13/16
    return ((series(shape, offset) + 1) / 16).astype(np.float32).reshape(shape)


def names(strings):
    return np.array([s.encode() for s in strings])


def pack(key, values):
    """Named arrays as two: their names, and their elements one after another (of each step, where the first size is
    that of steps)."""
    gold[key + '/names'] = names(values)
    gold[key + '/values'] = np.concatenate(list(values.values()), axis=-1).astype(np.float32)


def fresh(seed=None):
    v1.reset_default_graph()
    if seed is not None:
        v1.set_random_seed(seed)
    return v1.Session(graph=v1.get_default_graph())


def history(s, runs, steps):
    """The values of all variables, flat, at first and after each step, which runs all of `runs` one after another."""
    variables = v1.global_variables()
    s.run(v1.global_variables_initializer())
    rows = [s.run(variables)]
    for _ in range(steps):
        for r in runs:
            s.run(r)
        rows.append(s.run(variables))
    return {v.op.name: np.array([np.ravel(row[i]) for row in rows]) for i, v in enumerate(variables)}


# ---- optimizers: a matrix `w` with dense gradients, a table `e` of which rows are taken, some twice
ROWS, STEPS = [3, 0, 3, 1], 3


def curvature(shape):
    return part(shape, 2) * 2


def optimizers():
    o = train
    cases = {
        'GradientDescent': lambda step: o.GradientDescentOptimizer(.3),
        'Momentum': lambda step: o.MomentumOptimizer(.1, .8),
        'MomentumNesterov': lambda step: o.MomentumOptimizer(.1, .8, use_nesterov=True),
        'Adam': lambda step: o.AdamOptimizer(.05, .8, .95, 1e-3),
        'RMSProp': lambda step: o.RMSPropOptimizer(.02, decay=.8, momentum=.5, epsilon=1e-3),
        'RMSPropCentered': lambda step: o.RMSPropOptimizer(.02, decay=.8, momentum=.5, epsilon=1e-3, centered=True),
        'Adagrad': lambda step: o.AdagradOptimizer(.3, initial_accumulator_value=.2),
        'Adadelta': lambda step: o.AdadeltaOptimizer(.5, rho=.8, epsilon=1e-2),
        'AdagradDA': lambda step: o.AdagradDAOptimizer(.3, step, .2, .01, .02),
        'Ftrl': lambda step: o.FtrlOptimizer(.3),
        'FtrlL1L2': lambda step: o.FtrlOptimizer(.3, -.4, .2, .05, .1),
        'FtrlShrinkage': lambda step: o.FtrlOptimizer(
            .3, l1_regularization_strength=.05, l2_shrinkage_regularization_strength=.2),
        'ProximalGradientDescent': lambda step: o.ProximalGradientDescentOptimizer(.3, .02, .1),
        'ProximalAdagrad': lambda step: o.ProximalAdagradOptimizer(.3, .2, .02, .1),
        'Named': lambda step: o.AdamOptimizer(train.exponential_decay(.1, step, 2, .5), name='Mine'),
    }
    slots = {'AdamW': ['m', 'v']}
    for name, make in cases.items():
        with fresh() as s:
            step = train.get_or_create_global_step()
            w, e = v1.Variable(grid([2, 3]), name='w'), v1.Variable(grid([5, 3], 4), name='e')
            rows = tf.gather(e, ROWS)
            loss = (tf.reduce_sum(curvature([2, 3]) * (w - .5) ** 2)
                    + tf.reduce_sum(curvature([4, 3]) * (rows - .5) ** 2))
            optimizer = make(step)
            operation = optimizer.minimize(loss, global_step=step)
            slots[name] = optimizer.get_slot_names()
            pack('optimizers/' + name, history(s, [operation], STEPS))
    gold['optimizers/slots'] = names(name + ': ' + ' '.join(slots[name]) for name in sorted(slots))
    adamw()


def adamw(rate=.05, decay=.1, beta1=.8, beta2=.95, epsilon=1e-3):
    f = np.float32
    rate, decay, beta1, beta2, epsilon = map(f, (rate, decay, beta1, beta2, epsilon))
    state = {'w': [grid([2, 3])], 'e': [grid([5, 3], 4)], 'beta1_power': [beta1], 'beta2_power': [beta2],
             'global_step': [np.int64(0)]}
    for v in 'we':
        state[v + '/AdamW'], state[v + '/AdamW_1'] = [np.zeros_like(state[v][0])], [np.zeros_like(state[v][0])]
    for _ in range(STEPS):
        p1, p2 = state['beta1_power'][-1], state['beta2_power'][-1]
        for v in 'we':
            x, m, q = state[v][-1], state[v + '/AdamW'][-1], state[v + '/AdamW_1'][-1]
            if v == 'w':
                g = 2 * curvature([2, 3]) * (x - f(.5))
            else:
                g = np.zeros_like(x)
                np.add.at(g, ROWS, 2 * curvature([4, 3]) * (x[ROWS] - f(.5)))
            x = x - decay * x
            m, q = m + (g - m) * (1 - beta1), q + (g * g - q) * (1 - beta2)
            x = x - rate * np.sqrt(1 - p2) / (1 - p1) * m / (np.sqrt(q) + epsilon)
            for key, value in ((v, x), (v + '/AdamW', m), (v + '/AdamW_1', q)):
                state[key].append(value)
        for key, value in (('beta1_power', p1 * beta1), ('beta2_power', p2 * beta2),
                           ('global_step', state['global_step'][-1] + 1)):
            state[key].append(value)
    pack('optimizers/AdamW', {key: np.array([np.ravel(v) for v in value]) for key, value in state.items()})


# ---- learning-rate schedules at these steps, one after another
def schedules():
    steps = np.array([0, 1, 2, 4, 5, 7, 9, 10, 11, 19, 33, 100])
    t = train
    cases = {
        'exponential': lambda n: t.exponential_decay(.1, n, 5, .9),
        'exponential_staircase': lambda n: t.exponential_decay(.1, n, 5, .9, staircase=True),
        'natural_exp': lambda n: t.natural_exp_decay(.1, n, 5, .3),
        'natural_exp_staircase': lambda n: t.natural_exp_decay(.1, n, 5, .3, staircase=True),
        'inverse_time': lambda n: t.inverse_time_decay(.1, n, 5, .3),
        'inverse_time_staircase': lambda n: t.inverse_time_decay(.1, n, 5, .3, staircase=True),
        'polynomial': lambda n: t.polynomial_decay(.1, n, 10, .02, power=2.),
        'polynomial_cycle': lambda n: t.polynomial_decay(.1, n, 10, .02, power=.5, cycle=True),
        'piecewise_constant': lambda n: t.piecewise_constant(n, [4, 10], [.3, .2, .1]),
        'piecewise_constant_float': lambda n: t.piecewise_constant(tf.cast(n, tf.float32), [4.5, 10.], [.3, .2, .1]),
        'cosine': lambda n: t.cosine_decay(.1, n, 10, alpha=.2),
        'cosine_restarts': lambda n: t.cosine_decay_restarts(.1, n, 4, t_mul=2., m_mul=.8, alpha=.1),
        'cosine_restarts_even': lambda n: t.cosine_decay_restarts(.1, n, 4, t_mul=1., m_mul=.9),
        'linear_cosine': lambda n: t.linear_cosine_decay(.1, n, 10, num_periods=1.5, alpha=.1, beta=.01),
        'noisy_linear_cosine': lambda n: t.noisy_linear_cosine_decay(
            .1, n, 10, .5, .7, num_periods=1.5, alpha=.1, beta=.01),
    }
    gold['schedules/steps'] = steps
    for name, make in cases.items():
        with fresh(11) as s:
            n = v1.placeholder(tf.int64, [])
            rate = make(n)
            gold['schedules/' + name] = np.array([s.run(rate, {n: i}) for i in steps])
            for op in s.graph.get_operations():
                if op.type == 'RandomStandardNormal':  # TensorFlow's own choice, the node's number
                    gold['schedules/noise_seed'] = np.array(op.get_attr('seed2'))


# ---- losses: for each weighting a row: the four reductions, the gradient of the default one, the unreduced losses
def loss_cases():
    labels, predictions = part([4, 3], 5), part([4, 3])
    logits = grid([4, 3], 2) * 4
    binary, onehot, classes = ((part([4, 3], 5) > .4).astype(np.float32),
                               np.eye(3, dtype=np.float32)[[2, 0, 1, 1]], np.array([2, 0, 1, 1]))
    l = losses
    wide = [.7, part([4, 1], 3) * [[1], [0], [1], [1]], part([4, 3], 3) * (grid([4, 3]) > 0), np.zeros([4, 1])]
    column, vector = wide[:2] + wide[3:], [.7, (part([4], 3) * [1, 0, 1, 1]), np.zeros([4])]
    return {
        'compute_weighted': (predictions, wide, lambda x, **k: l.compute_weighted_loss(x, **k)),
        'absolute_difference': (predictions, wide, lambda x, **k: l.absolute_difference(labels, x, **k)),
        'mean_squared_error': (predictions, wide, lambda x, **k: l.mean_squared_error(labels, x, **k)),
        'cosine_distance': (predictions, column, lambda x, **k: l.cosine_distance(labels, x, axis=1, **k)),
        'hinge': (logits, wide, lambda x, **k: l.hinge_loss(binary, x, **k)),
        'huber': (predictions, wide, lambda x, **k: l.huber_loss(labels, x, delta=.3, **k)),
        'log': (predictions, wide, lambda x, **k: l.log_loss(labels, x, epsilon=.01, **k)),
        'sigmoid': (logits, wide, lambda x, **k: l.sigmoid_cross_entropy(binary, x, **k)),
        'sigmoid_smoothed': (logits, wide, lambda x, **k: l.sigmoid_cross_entropy(binary, x, label_smoothing=.2, **k)),
        'softmax': (logits, vector, lambda x, **k: l.softmax_cross_entropy(onehot, x, **k)),
        'softmax_smoothed': (logits, vector,
                             lambda x, **k: l.softmax_cross_entropy(onehot, x, label_smoothing=.2, **k)),
        'sparse_softmax': (logits, vector, lambda x, **k: l.sparse_softmax_cross_entropy(classes, x, **k)),
    }, (labels, predictions, column)


def all_losses():
    cases, (labels, predictions, column) = loss_cases()
    r = losses.Reduction
    for name, (x, weightings, make) in cases.items():
        rows = []
        for w in [1.] + weightings:
            with fresh() as s:
                x_ = tf.constant(x)
                w_ = w if isinstance(w, float) else w.astype(np.float32)
                each = [make(x_, weights=w_, reduction=how)
                        for how in (r.SUM, r.MEAN, r.SUM_OVER_BATCH_SIZE, r.SUM_BY_NONZERO_WEIGHTS, r.NONE)]
                rows.append(np.concatenate(
                    [np.ravel(v) for v in s.run(each[:4] + [v1.gradients(each[3], x_)[0], each[4]])]))
        gold['losses/' + name] = np.array(rows)
    rows = []
    for w in [1.] + column:
        with fresh() as s:
            x_ = tf.constant(predictions)
            loss = losses.mean_pairwise_squared_error(
                labels, x_, weights=w if isinstance(w, float) else w.astype(np.float32))
            rows.append(np.concatenate([np.ravel(v) for v in s.run([loss, v1.gradients(loss, x_)[0]])]))
    gold['losses/mean_pairwise_squared_error'] = np.array(rows)
    with fresh() as s:
        x = tf.constant([-100, -1, 0, 1, 100], tf.float32)
        y = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.constant([1, 1, .25, 0, 0]), logits=x)
        gold['losses/with_logits'] = np.array(s.run([y, v1.gradients(y, x)[0]]))
    with fresh() as s:
        w = v1.get_variable('w', initializer=grid([3]), regularizer=lambda w: .5 * tf.nn.l2_loss(w))
        v1.get_variable('b', initializer=grid([3], 1), regularizer=lambda w: .25 * tf.reduce_sum(abs(w)))
        losses.absolute_difference(part([3]), w), losses.mean_squared_error(part([3]), w, loss_collection=None)
        s.run(v1.global_variables_initializer())
        gold['losses/totals'] = np.array(s.run(
            [losses.get_total_loss(), losses.get_total_loss(False), losses.get_regularization_loss()]))


# ---- initializers: a matrix and a filter, one after the other
def initializers():
    i = v1.initializers
    cases = {
        'random_uniform': lambda: i.random_uniform(-1, 2, seed=5),
        'random_normal': lambda: i.random_normal(.5, 2, seed=5),
        'truncated_normal': lambda: i.truncated_normal(.5, 2, seed=5),
        'uniform_unit_scaling': lambda: i.uniform_unit_scaling(1.5, seed=5),
        'fan_in_normal': lambda: i.variance_scaling(.5, 'fan_in', 'truncated_normal', seed=5),
        'fan_out_untruncated': lambda: i.variance_scaling(.5, 'fan_out', 'untruncated_normal', seed=5),
        'fan_avg_uniform': lambda: i.variance_scaling(.5, 'fan_avg', 'uniform', seed=5),
        'glorot_uniform': lambda: i.glorot_uniform(seed=5),
        'glorot_normal': lambda: i.glorot_normal(seed=5),
        'he_uniform': lambda: i.he_uniform(seed=5),
        'he_normal': lambda: i.he_normal(seed=5),
        'lecun_uniform': lambda: i.lecun_uniform(seed=5),
        'lecun_normal': lambda: i.lecun_normal(seed=5),
    }
    for graph_seed in (None, 7):
        for name, make in cases.items():
            if graph_seed and name != 'glorot_uniform':
                continue
            with fresh(graph_seed) as s:
                values = s.run([make()(shape, dtype=tf.float32) for shape in ([3, 4], [2, 2, 3, 2])])
            gold['initializers/' + name + ('_graph_seed' if graph_seed else '')] = np.concatenate(
                [v.ravel() for v in values])
    with fresh() as s:
        gold['initializers/random_uniform_int'] = s.run(i.random_uniform(-50, 50, seed=5, dtype=tf.int32)([12]))


# ---- moving averages
def moving_averages():
    for name in ('plain', 'num_updates'):
        with fresh() as s:
            w, fixed = v1.Variable([1., 2., 3.], name='w'), v1.Variable(4., trainable=False, name='fixed')
            alone, n = v1.Variable(1., trainable=False, name='alone'), v1.Variable(0, trainable=False, name='n')
            ema = train.ExponentialMovingAverage(.9, num_updates=n if name == 'num_updates' else None)
            maintain = ema.apply([w, fixed])
            change = tf.group(v1.assign_add(w, [1., -1., .5]), v1.assign_sub(fixed, 2.), v1.assign_add(n, 3))
            pack('moving_averages/' + name, history(s, [change, maintain], 3))
            restored = sorted(ema.variables_to_restore().items())
            gold['moving_averages/%s/to_restore' % name] = names('%s=%s' % (key, v.op.name) for key, v in restored)


# ---- clipping
def clipping():
    t, u = grid([2, 3]) * 4, grid([4], 5) * 2
    cases = {
        'by_value': lambda x: tf.clip_by_value(x, -1., .5),
        'by_norm': lambda x: tf.clip_by_norm(x, 1.5),
        'by_norm_wide': lambda x: tf.clip_by_norm(x, 100.),
        'by_norm_of_rows': lambda x: tf.clip_by_norm(x, 1.5, axes=[1]),
        'by_norm_of_zeros': lambda x: tf.clip_by_norm(x, 1.5),
        'by_average_norm': lambda x: v1.clip_by_average_norm(x, .25),
        'by_average_norm_wide': lambda x: v1.clip_by_average_norm(x, 100.),
        'by_average_norm_of_zeros': lambda x: v1.clip_by_average_norm(x, .25),
    }
    for name, make in cases.items():
        with fresh() as s:
            x = tf.constant(t * 0 if 'zeros' in name else t)
            y = make(x)
            gold['clip/' + name] = np.array(s.run([y, v1.gradients(tf.reduce_sum(y * grid([2, 3], 7)), x)[0]]))
    for name, norm, top in (('narrow', 1.25, u), ('wide', 100., u), ('infinite', 1.25, u * np.float32(np.inf))):
        with fresh() as s:
            slices = tf.IndexedSlices(tf.constant(top), tf.constant([2, 0, 2, 1]), tf.constant([3]))
            (a, b), total = tf.clip_by_global_norm([tf.constant(t), slices], norm)
            gold['clip/global_' + name] = np.concatenate(
                [np.ravel(v) for v in s.run([a, b.values, total, v1.global_norm([t, None, slices])])])


# ---- layers: output, gradients of sum(output * grid) by the input and the variables
def fill(shape, dtype=None, partition_info=None):
    return tf.constant(grid(shape, 5))


def layer(name, shape, make, random_seed=None):
    with fresh(random_seed) as s:
        x = tf.constant(grid(shape, 1))
        y = make(x)
        variables = v1.trainable_variables()
        gradients = v1.gradients(tf.reduce_sum(y * grid(y.shape.as_list(), 3)), [x] + variables)
        s.run(v1.global_variables_initializer())
        y, *gradients = s.run([y] + [tf.convert_to_tensor(g) for g in gradients])
        gold['layers/%s/y' % name] = y
        pack('layers/%s/gradients' % name,
             {key: np.ravel(g) for key, g in zip(['x'] + [v.op.name for v in variables], gradients)})


def batch_norm(x, axis, training, momentum=.9, epsilon=.01):
    channels, others = x.shape[axis], [i for i in range(len(x.shape)) if i != axis]
    with v1.variable_scope('batch_normalization', reuse=v1.AUTO_REUSE):
        variable = lambda name, value, trainable: v1.get_variable(
            name, initializer=np.float32(value), trainable=trainable)
        gamma, beta = variable('gamma', grid([channels], 5), True), variable('beta', grid([channels], 5), True)
        mean, variance = (variable('moving_mean', np.zeros(channels), False),
                          variable('moving_variance', np.ones(channels), False))
    moments = (mean, variance)
    if len(x.shape) == 4:
        y, m, v = v1.nn.fused_batch_norm(x, gamma, beta, *(() if training else moments), epsilon=epsilon,
                                         is_training=training)
    else:
        wide = lambda v: tf.reshape(v, [channels if i == axis else 1 for i in range(len(x.shape))])
        m, v = tf.nn.moments(x, others) if training else moments
        y = tf.nn.batch_normalization(x, wide(m), wide(v), wide(beta), wide(gamma), epsilon)
    return y, tf.group(*(v1.assign_sub(old, (old - new) * (1 - momentum)) for old, new in zip(moments, (m, v))))


def layers():
    relu, tanh, taken = tf.nn.relu, tf.nn.tanh, dict(kernel_initializer=fill, bias_initializer=fill)
    layer('dense', [3, 5], lambda x: core.dense(x, 4, activation=tanh, **taken))
    layer('dense_of_rank_3', [2, 3, 5], lambda x: core.dense(x, 2, use_bias=False, kernel_initializer=fill))
    layer('conv2d_same', [2, 5, 4, 3],
          lambda x: convolutional.conv2d(x, 2, (3, 2), (2, 1), 'same', activation=relu, **taken))
    layer('conv2d_dilated', [1, 5, 4, 2], lambda x: convolutional.conv2d(x, 2, 2, dilation_rate=(2, 1), **taken))
    layer('max_pooling2d', [1, 5, 4, 2], lambda x: pooling.max_pooling2d(x, (2, 3), (2, 1), 'same'))
    layer('average_pooling2d', [1, 5, 4, 2], lambda x: pooling.average_pooling2d(x, 2, (2, 1)))
    layer('flatten', [2, 3, 2], lambda x: core.flatten(x))
    layer('dropout', [4, 5], lambda x: core.dropout(x, .4, seed=3, training=True), random_seed=9)
    layer('dropout_of_rows', [4, 5], lambda x: core.dropout(x, .4, noise_shape=[4, 1], seed=3, training=True),
          random_seed=9)
    layer('dropout_off', [4, 5], lambda x: core.dropout(x, .4, seed=3))
    layer('embedding', [2, 3], lambda x: 2 * x[:, :, None] +
          Embedding(5, 2, embeddings_initializer=fill)(np.array([[4, 0, 4], [1, 2, 4]])))
    for name, shape, axis in (('of_rank_2', [4, 3], 1), ('of_rank_3', [2, 3, 4], 1), ('fused', [2, 2, 2, 3], 3)):
        layer('batch_normalization_' + name, shape, lambda x: batch_norm(x, axis, True)[0])
        with fresh() as s:
            x = tf.constant(grid(shape, 1))
            update, y = batch_norm(x, axis, True)[1], batch_norm(x, axis, False)[0]
            pack('layers/batch_normalization_%s/training' % name, history(s, [update], 2))
            gold['layers/batch_normalization_%s/inference' % name] = s.run(y)

    def net(x):
        x = pooling.max_pooling2d(convolutional.conv2d(x, 3, 3, padding='same', activation=relu, **taken), 2, 2)
        return core.dense(core.dense(core.flatten(x), 4, activation=tanh, **taken), 2, **taken)
    layer('net', [2, 6, 5, 1], net)
    scopes()


def scopes():
    with fresh():
        x = tf.constant(grid([2, 4]))
        dense = lambda **k: core.dense(x, 4, use_bias=False, **k)
        dense(), dense(), dense(name='mine'), dense(name='mine', reuse=True), dense(name='dense_3'), dense(), dense()
        convolutional.conv2d(tf.ones([1, 3, 3, 1]), 1, 1), convolutional.conv2d(tf.ones([1, 3, 3, 1]), 1, 1)
        with v1.variable_scope('net'):
            dense(), dense()
            with v1.variable_scope('part'):
                dense()
        with v1.variable_scope('net', reuse=True):
            dense(), dense()
            with v1.variable_scope('part'):
                dense()
        with v1.variable_scope('net', reuse=v1.AUTO_REUSE):
            dense(), dense(), dense()
        with v1.variable_scope('other'):
            with v1.variable_scope('net'):
                dense()
            v1.get_variable('w', [2])
        gold['layers/scopes'] = names(v.op.name for v in v1.global_variables())


optimizers(), schedules(), all_losses(), initializers(), moving_averages(), clipping(), layers()
assert tf.__version__.startswith('2.21'), tf.__version__
path = pathlib.Path(__file__).resolve().parent.parent / 'data/helpers.npz'
np.savez_compressed(path, **gold)
print(path, len(gold), 'arrays,', path.stat().st_size, 'bytes')
