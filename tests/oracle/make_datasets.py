#!/usr/bin/env python3
"""Records runs of graphs with input pipelines, and what TensorFlow 2.21 gives for each; see make_services.py.

  make_datasets.py OUT.npz --named            those of tests/data/datasets.npz, which ctest reads
  make_datasets.py DIR --random N [--first SEED]
                                              random ones; compare them by `recorded_graphs --runs DIR/*.pb`

CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=3 are to be set.
"""
import numpy as np
import tensorflow as tf

from make_services import R, i64, main, v1

tf.autograph.set_verbosity(0)
D = v1.data.Dataset
plain = tf.autograph.experimental.do_not_convert
MOST = 40


def types_of(d): return v1.data.get_output_types(d), v1.data.get_output_shapes(d)


def stream(r, dataset, times=1, most=MOST, one_shot=False):
    """The elements up to the end, each time from the beginning."""
    it = v1.data.make_one_shot_iterator(dataset) if one_shot else v1.data.make_initializable_iterator(dataset)
    element = tf.nest.flatten(it.get_next())
    if not one_shot and times > 0: r.fetch(*element)  # not begun yet
    for _ in range(times):
        if not one_shot: r.run(it.initializer)
        for _ in range(most):
            if r.fetch(*element) is None: break


def raw(op, *inputs, like=None, **attrs):
    """A dataset by its raw op, with elements of the types of `like`."""
    types, shapes = types_of(like)
    variant = getattr(R, op)(**dict(inputs), output_types=tf.nest.flatten(types), output_shapes=tf.nest.flatten(shapes),
                             **attrs)
    return from_variant(variant, like)


def from_variant(variant, like):
    from tensorflow.python.data.ops import dataset_ops
    return dataset_ops.DatasetV1Adapter(dataset_ops._VariantDataset(variant, like.element_spec))


# ---- named ones

def sources(r):
    stream(r, D.from_tensors((np.float32([1, 2]), 'a')))
    stream(r, D.from_tensor_slices({'x': np.float32([[1, 2], [3, 4]]), 'y': [b'a', b'b']}), times=2)
    for args in ((3,), (2, 9, 3), (5, -4, -2), (3, 3), (1, 2, 0)): stream(r, D.range(*args))
    stream(r, D.range(3, output_type=tf.float32))


def selection(r):
    d = D.range(7)
    for n in (-1, 0, 3, 9): stream(r, d.take(n))
    for n in (-1, 0, 3, 9): stream(r, d.skip(n))
    for n in (0, 2): stream(r, d.repeat(n))
    stream(r, d.repeat(), most=10)
    stream(r, d.take(0).repeat())
    stream(r, d.shard(3, 1))
    stream(r, d.shard(3, 4))
    stream(r, d.take(2).concatenate(D.range(100, 102)))
    stream(r, D.zip((d, D.range(100, 103), d.map(plain(lambda x: (x, -x))))))
    stream(r, d.cache(), times=2)
    stream(r, d.prefetch(2))
    stream(r, d.prefetch(-2))
    stream(r, d.apply(tf.data.experimental.assert_cardinality(6)))


def shuffles(r):
    d = D.range(10)
    for size in (1, 3, 10, 100): stream(r, d.shuffle(size, seed=5), times=2)
    stream(r, d.shuffle(4, seed=1).repeat(3))
    stream(r, d.shuffle(4, seed=1, reshuffle_each_iteration=False).repeat(2))
    stream(r, d.shuffle(0, seed=1))
    for reshuffle in (True, False):
        stream(r, raw('ShuffleAndRepeatDataset', ('input_dataset', d._variant_tensor), ('buffer_size', 4),
                      ('seed', 3), ('seed2', 4), ('count', 3), like=d, reshuffle_each_iteration=reshuffle))
        stream(r, raw('ShuffleDatasetV3', ('input_dataset', d._variant_tensor), ('buffer_size', 4), ('seed', 3),
                      ('seed2', 4), ('seed_generator', R.DummySeedGenerator()), like=d,
                      reshuffle_each_iteration=reshuffle).repeat(2))


def batches(r):
    d = D.from_tensor_slices((i64(*range(7)), [b'%d' % i for i in range(7)]))
    for drop in (False, True): stream(r, d.batch(3, drop_remainder=drop))
    stream(r, d.batch(0))
    stream(r, d.batch(3).unbatch())
    stream(r, d.batch(4).batch(1))
    ragged = D.range(5).map(plain(lambda n: (tf.fill([n, 2], n), tf.fill([n], 'x'))))
    stream(r, ragged.padded_batch(2, ([None, 2], [None])))
    stream(r, ragged.padded_batch(3, ([4, 3], [None]), (i64(-1)[0], '?'), drop_remainder=True))
    stream(r, ragged.padded_batch(3, ([2, 2], [None])))
    stream(r, ragged.batch(2))
    for size, shift, stride, drop in ((3, 3, 1, False), (3, 2, 1, True), (2, 5, 1, False), (3, 1, 2, False)):
        stream(r, D.range(8).window(size, shift, stride, drop).flat_map(plain(lambda w: w.batch(10))))


def maps(r):
    offset = tf.constant(100, tf.int64)
    d = D.range(6)
    stream(r, d.map(plain(lambda x: (x * 2 + offset, tf.strings.as_string(x)))), times=2)
    stream(r, d.map(plain(lambda x: x + 1), num_parallel_calls=3).filter(plain(lambda x: x % 2 > 0)))
    stream(r, d.flat_map(plain(lambda n: D.range(n).map(plain(lambda k: k + n)))))
    for cycle, block in ((1, 1), (2, 1), (2, 2), (3, 1), (9, 2)):
        f = plain(lambda n: D.range(n).map(plain(lambda k: k + 10 * n)))
        stream(r, d.interleave(f, cycle, block))
        stream(r, d.interleave(f, cycle, block, num_parallel_calls=2))
        stream(r, d.apply(tf.data.experimental.parallel_interleave(f, cycle, block, sloppy=False)))
    stream(r, d.apply(tf.data.experimental.map_and_batch(lambda x: x * x, 4)))
    stream(r, d.apply(tf.data.experimental.scan(i64(5)[0], plain(lambda s, x: (s + x, s * x)))))
    stream(r, d.apply(tf.data.experimental.take_while(plain(lambda x: x < 4))))
    stream(r, d.map(plain(lambda x: tf.debugging.check_numerics(1.0 / tf.cast(x - 2, tf.float32), 'no'))))
    stream(r, d.map(plain(lambda x: tf.debugging.check_numerics(1.0 / tf.cast(x - 2, tf.float32), 'no')))
           .apply(tf.data.experimental.ignore_errors()))
    drawn = plain(lambda x: tf.random.uniform([2], seed=3))
    stream(r, d.map(drawn).repeat(2), times=2)
    stream(r, D.zip((d.map(drawn), d.map(drawn))).concatenate(D.zip((d.map(drawn), d.map(drawn)))).take(8))
    inner = plain(lambda x: d.map(drawn))
    stream(r, D.range(2).flat_map(inner))
    stream(r, D.range(2).interleave(inner, 2))
    stream(r, d.map(plain(lambda x: v1.cond(x > 2, lambda: x * 2, lambda: -x))))
    stream(r, d.map(plain(lambda n: tf.map_fn(lambda k: k * n, tf.range(n)))).filter(plain(lambda v: tf.size(v) < 4)))
    pairs = D.from_tensor_slices((np.float32([1, 2, 3]), i64(4, 5, 6)))
    stream(r, pairs.map(plain(lambda a, b: {'sum': a + tf.cast(b, tf.float32), 'b': b})).batch(2).prefetch(1))


def one_shots(r):
    stream(r, D.range(5).map(plain(lambda x: x * x)).batch(2).repeat(2), one_shot=True)
    stream(r, D.from_tensors(1).repeat().map(plain(lambda x: tf.random.normal([2], seed=7))), most=4, one_shot=True)


def iterators(r):
    d = D.range(3)
    it = v1.data.Iterator.from_structure(*types_of(d))
    n = it.get_next()
    begin, other = it.make_initializer(d), it.make_initializer(d.map(plain(lambda x: -x)).repeat(2))
    r.fetch(n)
    for op in (begin, other, begin):
        r.run(op)
        for _ in range(2): r.fetch(n)
    r.fetch(it.get_next())
    fed = v1.placeholder_with_default(i64(7, 8, 9), [None])
    stream(r, D.from_tensor_slices(fed).map(plain(lambda x: x + tf.cast(tf.size(fed), tf.int64))))
    r.fetch(d.reduce(i64(10)[0], plain(lambda s, x: s + x)))
    r.fetch(v1.data.experimental.get_single_element(d.batch(3)))
    r.fetch(v1.data.experimental.get_single_element(d))
    r.fetch(v1.data.experimental.get_single_element(d.take(0)))
    for c in (d, d.repeat(), d.filter(plain(lambda x: x > 0)), d.batch(2), d.repeat(4).skip(5), d.window(2)):
        r.fetch(v1.data.experimental.cardinality(c))
    opt = v1.data.make_initializable_iterator(D.zip((d, d)))
    r.run(opt.initializer)
    maybe = tf.data.experimental.get_next_as_optional(opt)
    for _ in range(4): r.fetch(maybe.has_value())
    r.run(opt.initializer)
    for _ in range(4): r.fetch(tf.nest.flatten(maybe.get_value()))


def captures(r):
    v = v1.get_variable('v', initializer=i64(1)[0], use_resource=True)
    r.run(v.initializer)
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(i64(0, 1, 2), ['a', 'b', 'c']), '?')
    r.run(table._init_op)
    it = v1.data.make_initializable_iterator(D.range(5).map(plain(lambda x: (x * v, table.lookup(x)))))
    n, change = it.get_next(), v.assign_add(1)
    for _ in range(2):  # not within an epoch: TensorFlow may compute elements beforehand
        r.run(it.initializer)
        for _ in range(6): r.fetch(n)
        r.run(change.op)


def files(r):
    with tf.io.TFRecordWriter(r.folder + 'made') as w:
        for i in range(4):
            feature = {'x': tf.train.Feature(float_list=tf.train.FloatList(value=[i, i * i])),
                       'name': tf.train.Feature(bytes_list=tf.train.BytesList(value=[b'n%d' % i]))}
            w.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    records = r.file('records', open(r.folder + 'made', 'rb').read())
    text = r.file('text', b'one\r\ntwo\n\nfour\nlast')
    empty = r.file('empty', b'')
    fixed = r.file('fixed', b'HHabcdefghijFF')
    spec = {'x': tf.io.FixedLenFeature([2], tf.float32), 'name': tf.io.FixedLenFeature([], tf.string)}
    parsed = v1.data.TFRecordDataset(records).map(plain(lambda s: tf.io.parse_single_example(s, spec)))
    stream(r, parsed.shuffle(3, seed=2).repeat(2).batch(3))
    stream(r, v1.data.TFRecordDataset([records, records]).map(plain(tf.strings.length)))
    stream(r, v1.data.TextLineDataset([text, empty, text]))
    stream(r, v1.data.TextLineDataset(text + 'missing'))
    stream(r, v1.data.TFRecordDataset(text))
    stream(r, v1.data.FixedLengthRecordDataset([fixed, fixed], 5, 2, 2))
    stream(r, v1.data.FixedLengthRecordDataset(fixed, 4, 2, 2))


NAMED = [sources, selection, shuffles, batches, maps, one_shots, iterators, captures, files]


# ---- random ones: chains of what takes a dataset of any int64 tensors

def sum_of(x): return tf.reduce_sum(x)


def random_source(rng):
    n = rng.randint(0, 12)
    return rng.choice([lambda: D.range(n), lambda: D.range(n, -n, -2),
                       lambda: D.from_tensor_slices(np.arange(2 * n, dtype=np.int64).reshape(n, 2)),
                       lambda: D.from_tensors(i64(n, 1)).repeat(rng.randint(1, 4)),
                       lambda: D.range(n).map(plain(lambda k: tf.fill([k % 4], k)))])()


def random_step(rng, d):
    k, m = rng.randint(1, 5), rng.randint(2, 4)
    seed, flag = rng.randint(0, 99), rng.random() < 0.5
    parallel = rng.choice([None, 2])
    whole = types_of(d)[1].is_fully_defined()  # TensorFlow looks at what it drops, too
    inner = plain(lambda x: D.from_tensors(x).repeat(sum_of(tf.abs(x)) % m).map(plain(lambda y: y + k)))
    return rng.choice([
        lambda: d.take(k * m), lambda: d.skip(k), lambda: d.repeat(m), lambda: d.shard(m, rng.randint(0, m - 1)),
        lambda: d.shuffle(k * m, seed=seed, reshuffle_each_iteration=flag),
        lambda: d.shuffle(k, seed=seed).repeat(m),
        lambda: d.batch(m, drop_remainder=flag), lambda: d.batch(m).unbatch(),
        lambda: d.map(plain(lambda x: x * k - m), num_parallel_calls=parallel),
        lambda: d.map(plain(lambda x: x + tf.random.uniform([], 0, 9, tf.int64, seed=seed))),
        lambda: d.filter(plain(lambda x: sum_of(x) % m > 0)),
        lambda: d.flat_map(inner),
        lambda: d.interleave(inner, k, m, num_parallel_calls=parallel),
        lambda: d.apply(tf.data.experimental.parallel_interleave(inner, k, m, sloppy=False)),
        lambda: d.concatenate(d.map(plain(lambda x: -x))),
        lambda: D.zip((d, D.range(k, 50))).map(plain(lambda x, y: x + y)),
        lambda: d.cache(), lambda: d.prefetch(k),
        lambda: d.window(m, k, 1 + flag, rng.random() < 0.5).flat_map(plain(lambda w: w.take(2))),
        lambda: d.apply(tf.data.experimental.take_while(plain(lambda x: sum_of(x) < 20 * k))),
        lambda: d.apply(tf.data.experimental.scan(i64(k)[0], plain(lambda s, x: (s + m, x * s)))),
        lambda: d.apply(tf.data.experimental.map_and_batch(plain(lambda x: x - k), m, drop_remainder=flag and whole)),
        lambda: padded(d, m, flag),
    ])()


def padded(d, m, flag):
    shape = types_of(d)[1]
    return d.padded_batch(m, [None] * shape.rank, drop_remainder=flag) if shape.rank is not None else d


def random_pipeline(r, rng):
    d = random_source(rng)
    for _ in range(rng.randint(2, 6)): d = random_step(rng, d)
    stream(r, d, times=2, most=25, one_shot=rng.random() < 0.3)


if __name__ == '__main__': main(__doc__, NAMED, [random_pipeline])
