#!/usr/bin/env python3
"""Makes tests/data/composed.npz, what TensorFlow gives for the functions that Weir composes of several ops (layer and
batch normalisation, masks, einsum, sampled losses, one-dimensional convolutions) and for its candidate samplers. Read
by tests/ops/model/composed_test.cc and training_flag_test.cc; made with TensorFlow 2.21.0, graph mode, on the CPU:

  CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=3 python tests/oracle/make_composed.py

A case has its float inputs `x0`, `x1`, …, its result `y`, and the gradients `g0`, `g1`, … of sum(y * weights) by its
inputs.
"""
import pathlib, warnings
import numpy as np, tensorflow as tf

warnings.filterwarnings('ignore')
v1, nn, losses = tf.compat.v1, tf.nn, tf.compat.v1.losses
v1.disable_eager_execution()
v1.enable_resource_variables()
gold = {}


def grid(shape, offset=0):  # eighths from -0.75 to 0.75, as tests/ops/model/golden.h has it
    return (((7 * np.arange(np.prod(shape, dtype=int)) + offset) % 13 - 6) / 8).astype(np.float32).reshape(shape)


def case(name, inputs, make):
    """`inputs`: arrays, or shapes of grids."""
    v1.reset_default_graph()
    arrays = [x if isinstance(x, np.ndarray) else grid(x, i + 1) for i, x in enumerate(inputs)]
    xs = [tf.constant(x) for x in arrays]
    y = make(*xs)
    with v1.Session() as s:
        weights = grid(s.run(y).shape, 3)
    gradients = v1.gradients(tf.reduce_sum(y * weights), xs)
    gradients = [tf.zeros_like(x) if g is None else tf.convert_to_tensor(g) for x, g in zip(xs, gradients)]
    with v1.Session() as s:  # of its own, and one run: what is drawn is drawn once
        gold[name + '/y'], *values = s.run([y] + gradients)
    for i, (x, g) in enumerate(zip(arrays, values)):
        gold['%s/x%d' % (name, i)], gold['%s/g%d' % (name, i)] = x, g


def normalisation():
    def layer_norm(axes, epsilon):
        def make(x, gamma, beta):
            mean, variance = nn.moments(x, axes, keepdims=True)
            return nn.batch_normalization(x, mean, variance, beta, gamma, epsilon)
        return make

    case('moments', [[2, 3, 4]], lambda x: tf.stack(nn.moments(x, [0, 2])))
    case('moments_kept', [[2, 3, 4]], lambda x: tf.stack(nn.moments(x, [-1], keepdims=True)))
    case('layer_norm', [[3, 5], [5], [5]], layer_norm([-1], 1e-3))
    case('layer_norm_of_images', [[2, 3, 2, 2], [3, 2, 2], [3, 2, 2]], layer_norm([1, 2, 3], .01))
    case('layer_norm_layer', [[2, 3, 4]], lambda x: layer_norm([2], 1e-3)(x, grid([4], 5), grid([4], 5)))
    case('l2_normalize', [[3, 4]], lambda x: nn.l2_normalize(x, 1))
    case('l2_normalize_of_zeros', [np.zeros([2, 3], np.float32)], lambda x: nn.l2_normalize(x, 1, epsilon=.25))
    case('gelu', [[3, 7]], lambda x: nn.gelu(x * 6))
    case('gelu_approximate', [[3, 7]], lambda x: nn.gelu(x * 6, approximate=True))


def reductions_and_masks():
    large = grid([3, 4]) * 400
    case('logsumexp', [large], lambda x: tf.reduce_logsumexp(x, 1))
    case('logsumexp_kept', [[2, 3, 4]], lambda x: tf.reduce_logsumexp(x, [0, -1], keepdims=True))
    case('logsumexp_of_all', [[2, 3]], lambda x: tf.reduce_logsumexp(x))
    infinite = np.array([[1, -np.inf], [-np.inf, -np.inf], [2, np.inf]], np.float32)
    gold['logsumexp_infinite'] = value_of(lambda: tf.reduce_logsumexp(infinite, 1))
    lengths = np.array([[1, 3], [0, 2]])
    gold['sequence_mask'] = value_of(lambda: tf.cast(tf.sequence_mask(lengths), tf.int32))
    gold['sequence_mask_of_5'] = value_of(lambda: tf.sequence_mask(lengths, 5, tf.int32))
    case('boolean_mask', [[3, 4]], lambda x: tf.boolean_mask(x, [True, False, True]))
    case('boolean_mask_of_columns', [[3, 4]], lambda x: tf.boolean_mask(x, [True, False, True, True], axis=1))
    case('boolean_mask_of_two_axes', [[2, 3, 2, 2]],
         lambda x: tf.boolean_mask(x, [[True, False], [False, True], [True, True]], axis=1))
    case('boolean_mask_of_none', [[3, 4]], lambda x: tf.boolean_mask(x, [False, False, False]))


def value_of(make):
    v1.reset_default_graph()
    with v1.Session() as s:
        return s.run(make())


EINSUMS = {
    'ij,jk->ik': ([2, 3], [3, 4]), 'ij,kj->ik': ([2, 3], [4, 3]), 'ji,jk->ki': ([3, 2], [3, 4]),
    'bij,bjk->bik': ([2, 3, 4], [2, 4, 2]), 'bhqd,bhkd->bhqk': ([2, 2, 3, 4], [2, 2, 2, 4]),
    'abc,cde->abde': ([2, 3, 2], [2, 3, 2]), 'abcd,dbe->ace': ([2, 3, 2, 2], [2, 3, 4]), 'ij,ij->': ([2, 3], [2, 3]),
    'ij,ij->ij': ([2, 3], [2, 3]), 'i,j->ij': ([2], [3]), 'i,i': ([4], [4]), 'ij->ji': ([2, 3],), 'ba': ([2, 3],),
    'ij->': ([2, 3],), 'ijk->j': ([2, 3, 4],), 'ii->i': ([3, 3],), 'ii': ([3, 3],), 'iij->ji': ([3, 3, 2],),
    'iijj->ij': ([2, 2, 3, 3],), 'iii->i': ([3, 3, 3],), 'ijij,jk->ik': ([2, 3, 2, 3], [3, 2]),
    '...ij,...jk->...ik': ([2, 1, 2, 3], [4, 3, 2]), '...ij,jk': ([2, 2, 3], [3, 4]),
    '...i,...i->...': ([3, 2, 4], [2, 4]), 'i...->...i': ([2, 3, 4],), '...ii->...i': ([2, 3, 3],),
    '...,...->...': ([2, 3], [3]), 'i...j,j->i...': ([2, 3, 4], [4]), 'ab,bc,cd->ad': ([2, 5], [5, 3], [3, 4]),
    'ab,ab,c->c': ([2, 3], [2, 3], [4]), 'a,ab,abc->abc': ([2], [2, 3], [2, 3, 2]), 'ab,cd->abcd': ([2, 3], [2, 2]),
    'a,b,c->': ([2], [3], [4]), 'ijk,k->i': ([2, 3, 4], [4]), ' i j , j k -> i k ': ([2, 3], [3, 4]),
    'Aa,aB->AB': ([2, 3], [3, 2]),
}


def einsums():
    gold['einsums'] = np.array([e.encode() for e in EINSUMS])
    for equation, shapes in EINSUMS.items():
        case('einsum/' + equation, shapes, lambda *x: tf.einsum(equation, *x))


def sampled_losses():
    one, two = np.array([[1], [4], [0]]), np.array([[1, 2], [4, 3], [0, 1]])

    def values(labels):  # one drawn class, 4, is true for the second example
        return (tf.constant([4, 2, 7, 5]), tf.constant(grid([3, labels.shape[1]], 2) + 1.5),
                tf.constant(grid([4], 9) + 1.5))

    shapes = [[9, 3], [9], [3, 3]]  # weights, biases, inputs
    for labels in (one, two):
        true = labels.shape[1]
        for name, loss in (('nce', nn.nce_loss), ('sampled_softmax', nn.sampled_softmax_loss)):
            for hits in (False, True):
                case('%s_%d%s' % (name, true, '_without_hits' if hits else ''), shapes,
                     lambda w, b, x: loss(w, b, labels, x, 4, 9, num_true=true, sampled_values=values(labels),
                                          remove_accidental_hits=hits))

    def drawn(w, b, x):
        v1.set_random_seed(11)
        return nn.sampled_softmax_loss(w, b, one, x, 4, 9, seed=5)
    case('sampled_softmax_drawn', shapes, drawn)


def samplers():
    r = tf.raw_ops
    classes = np.array([[0, 5], [9, 2]])
    rows = []
    for name, op in (('log_uniform', r.LogUniformCandidateSampler), ('uniform', r.UniformCandidateSampler)):
        for unique in (False, True):
            for n, top in ((6, 10), (10, 10), (7, 64), (40, 1000000), (3, 2**40)):
                v1.reset_default_graph()
                with v1.Session() as s:
                    made = op(true_classes=classes, num_true=2, num_sampled=n, unique=unique, range_max=top,
                              seed=3, seed2=8)
                    for run in range(2):
                        key = 'samplers/%s_%d_%d_%d/%d' % (name, unique, n, top, run)
                        gold[key + '/sampled'], gold[key + '/true'], gold[key + '/expected'] = s.run(made)


def convolutions():
    case('conv1d', [[2, 6, 3], [2, 3, 4]], lambda x, f: v1.nn.conv1d(x, f, 1, 'VALID'))
    case('conv1d_same', [[2, 6, 3], [2, 3, 4]], lambda x, f: v1.nn.conv1d(x, f, 2, 'SAME'))
    # TensorFlow's CPU kernel does not dilate: a filter with zeros in between does the same.
    case('conv1d_dilated', [[2, 6, 3], [2, 3, 4]],
         lambda x, f: v1.nn.conv1d(x, tf.concat([f[:1], tf.zeros([1, 3, 4]), f[1:]], 0), 1, 'VALID'))
    case('conv1d_layer', [[2, 6, 3]],
         lambda x: nn.relu(nn.bias_add(v1.nn.conv1d(x, grid([3, 3, 2], 5), stride=2, padding='SAME'), grid([2], 5))))


def sparse_losses():
    labels, weights = np.array([[2], [0], [1], [1]]), grid([4, 1], 2) + 1
    case('sparse_softmax_of_columns', [[4, 3]], lambda x: losses.sparse_softmax_cross_entropy(labels, x))
    case('sparse_softmax_of_weighted_columns', [[4, 3]],
         lambda x: losses.sparse_softmax_cross_entropy(labels, x, weights=weights))
    case('sparse_softmax_of_weighted_rows', [[4, 3]],
         lambda x: losses.sparse_softmax_cross_entropy(labels[:, 0], x, weights=weights))
    case('sparse_softmax_of_rank_3', [[2, 2, 3]],
         lambda x: losses.sparse_softmax_cross_entropy(labels.reshape(2, 2, 1), x))


def batch_norm_by_averages():
    """Gradients by the input where batch normalisation takes the averages, of mean 0 and variance 1."""
    for name, shape, axis in (('of_rank_2', [4, 3], 1), ('of_rank_3', [2, 3, 4], 1), ('fused', [2, 2, 2, 3], 3)):
        wide = [shape[axis] if i == axis else 1 for i in range(len(shape))]
        gamma = grid([shape[axis]], 5).reshape(wide)
        case('batch_normalization_' + name, [shape], lambda x: nn.batch_normalization(x, 0., 1., gamma, gamma, .01))


(normalisation(), reductions_and_masks(), einsums(), sampled_losses(), samplers(), convolutions(), sparse_losses(),
 batch_norm_by_averages())
np.savez_compressed(pathlib.Path(__file__).parent.parent / 'data' / 'composed.npz', **gold)
print(len(gold), 'arrays')
