#!/usr/bin/env python3
"""Records runs of graphs with tables, queues and readers, one after the other in one session, and what TensorFlow 2.21
gives for each.

  make_services.py OUT.npz --named            those of tests/data/services.npz, which ctest reads
  make_services.py DIR --random N [--first SEED]
                                              random ones; compare them by `recorded_graphs --runs DIR/*.pb`

A recording is a GraphDef, in the archive its bytes. The constant `script` has a line for each run:
  fetch A:0 B:0 …   gives the constants want/LINE/0, want/LINE/1, …
  rows A:0 B:0      the same, but in any order of the rows, which are the same in both
  run OP            runs
  fails CODE NAME…  ends in an error of this code
  file NAME         writes a file of what the constant file/NAME holds; from now on path/NAME is fed with its path, and
                    in results the folder is left out
CUDA_VISIBLE_DEVICES=-1 TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=3 are to be set.
"""
import argparse
import os
import random
import tempfile

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
R = tf.raw_ops
TIMEOUT_MS = 300


class Recording:
    def __init__(self, name):
        self.name, self.graph, self.lines, self.wants, self.feeds, self.files = name, tf.Graph(), [], [], {}, []
        self.folder = tempfile.mkdtemp() + '/'
        self.session = v1.Session(graph=self.graph, config=v1.ConfigProto(operation_timeout_in_ms=TIMEOUT_MS))

    def plain(self, value):
        value = np.asarray(value, object if isinstance(value, bytes) else None)
        if value.dtype != object: return value
        flat = [v.replace(self.folder.encode(), b'') for v in value.reshape(-1)]
        return np.array(flat, object).reshape(value.shape)

    def step(self, verb, *what):
        """Runs, and records the line; gives the values."""
        what = [w for w in what if w is not None]
        names = ' '.join(w.name for w in what)
        try:
            values = self.session.run(what, self.feeds)
        except tf.errors.OpError as e:
            self.lines.append('fails %d %s' % (e.error_code, names))
            return None
        if verb != 'run': self.wants += [(len(self.lines), k, self.plain(v)) for k, v in enumerate(values)]
        self.lines.append('%s %s' % (verb, names))
        return values

    def fetch(self, *what): return self.step('fetch', *flat(what))
    def rows(self, keys, values): return self.step('rows', keys, values)

    def run(self, op): return self.step('run', op)

    def file(self, name, content):
        with open(self.folder + name, 'wb') as f: f.write(content)
        tf.constant(content, name='file/' + name)
        path = v1.placeholder(tf.string, [], name='path/' + name)
        self.feeds[path] = self.folder + name
        self.lines.append('file ' + name)
        return path

    def bytes(self):
        with self.graph.as_default():
            tf.constant(self.lines, name='script')
            for line, k, value in self.wants:
                given(value, 'want/%d/%d' % (line, k))
        return self.graph.as_graph_def().SerializeToString()


def given(value, name=None):
    return tf.constant(value, tf.string if value.dtype == object else None, value.shape, name=name)


def flat(items):
    out = []
    for i in items: out += flat(list(i)) if isinstance(i, (list, tuple)) else [i]
    return out


def i64(*v): return np.array(v, np.int64)


# ---- tables

def table_ops(old):
    """The ops by their V2 names, or of the oldest form."""
    return lambda name: getattr(R, name if old else name + 'V2')


def static_table(r, old=False):
    op = table_ops(old)
    t = op('HashTable')(key_dtype=tf.string, value_dtype=tf.int64, shared_name='words')
    find = lambda *k: op('LookupTableFind')(table_handle=t, keys=list(k), default_value=i64(-1)[0])
    r.fetch(find('a'))
    r.fetch(op('LookupTableSize')(table_handle=t))
    r.fetch(op('LookupTableExport')(table_handle=t, Tkeys=tf.string, Tvalues=tf.int64))
    r.run(op('LookupTableInsert')(table_handle=t, keys=['a'], values=i64(1)))
    r.run(op('InitializeTable')(table_handle=t, keys=['a', 'a'], values=i64(1, 2)))
    r.run(op('InitializeTable')(table_handle=t, keys=['a', 'b', 'a'], values=i64(1, 2, 1)))
    r.fetch(find('a', 'z'), op('LookupTableSize')(table_handle=t))
    r.fetch(op('LookupTableFind')(table_handle=t, keys=[['a'], ['b']], default_value=i64(-1)[0]))
    r.fetch(op('LookupTableFind')(table_handle=t, keys='b', default_value=i64(-1)[0]))
    r.run(op('InitializeTable')(table_handle=t, keys=['x', 'y'], values=i64(1, 2)))
    r.run(op('InitializeTable')(table_handle=t, keys=['x'], values=i64(1)))
    r.rows(*op('LookupTableExport')(table_handle=t, Tkeys=tf.string, Tvalues=tf.int64))


def old_static_table(r): static_table(r, True)


def imported_table(r):
    t = R.HashTableV2(key_dtype=tf.int64, value_dtype=tf.string)
    r.run(R.LookupTableImportV2(table_handle=t, keys=i64(3, 4), values=['c', 'd']))
    r.fetch(R.LookupTableFindV2(table_handle=t, keys=i64(4, 5), default_value='?'))
    r.run(R.LookupTableImportV2(table_handle=t, keys=i64(3), values=['c']))
    r.run(R.LookupTableRemoveV2(table_handle=t, keys=i64(3)))


def mutable_table(r, old=False):
    op = table_ops(old)
    t = op('MutableHashTable')(key_dtype=tf.string, value_dtype=tf.int64, shared_name='t')
    find = lambda d: op('LookupTableFind')(table_handle=t, keys=['a', 'b', 'c'], default_value=np.array(d, np.int64))
    r.fetch(find(-1))
    r.run(op('LookupTableInsert')(table_handle=t, keys=['a', 'b', 'a'], values=i64(1, 2, 3)))
    r.fetch(find(-1), find([7, 8, 9]))
    r.fetch(find([7, 8]))
    if not old: r.run(R.LookupTableRemoveV2(table_handle=t, keys=['a', 'q']))
    r.run(op('LookupTableInsert')(table_handle=t, keys='s', values=i64(4)[0]))
    r.rows(*op('LookupTableExport')(table_handle=t, Tkeys=tf.string, Tvalues=tf.int64))
    r.run(op('LookupTableImport')(table_handle=t, keys=['x', 'x'], values=i64(1, 2)))
    r.rows(*op('LookupTableExport')(table_handle=t, Tkeys=tf.string, Tvalues=tf.int64))
    r.run(op('InitializeTable')(table_handle=t, keys=['a', 'b'], values=i64(1, 2)))


def old_mutable_table(r): mutable_table(r, True)


def vector_table(r):
    t = R.MutableHashTableOfTensorsV2(key_dtype=tf.string, value_dtype=tf.float32, value_shape=[2])
    find = lambda keys, d: R.LookupTableFindV2(table_handle=t, keys=keys, default_value=np.array(d, np.float32))
    r.run(R.LookupTableInsertV2(table_handle=t, keys=['a', 'b'], values=np.float32([[1, 2], [3, 4]])))
    r.fetch(find(['a', 'c'], [7, 8]), find([['a'], ['c']], [7, 8]), find(['a', 'c'], [[7, 8], [9, 10]]))
    r.fetch(find(['a', 'c'], [7, 8, 9]))
    r.fetch(find(['a', 'c'], 5))
    r.rows(*R.LookupTableExportV2(table_handle=t, Tkeys=tf.string, Tvalues=tf.float32))
    for shape in ([], [2, 2]):
        u = R.MutableHashTableOfTensorsV2(key_dtype=tf.string, value_dtype=tf.float32, value_shape=shape)
        r.fetch(R.LookupTableSizeV2(table_handle=u))


def dense_table(r):
    make = lambda **k: R.MutableDenseHashTableV2(**{**dict(empty_key=i64(0)[0], deleted_key=i64(-1)[0],
                                                           value_dtype=tf.int64), **k})
    t = make()
    insert = lambda *k: R.LookupTableInsertV2(table_handle=t, keys=i64(*k), values=np.arange(len(k)))
    find = lambda *k: R.LookupTableFindV2(table_handle=t, keys=i64(*k), default_value=i64(-9)[0])
    r.run(insert(1, 2, 1))
    r.fetch(find(1, 5), R.LookupTableSizeV2(table_handle=t))
    for k in (0, -1): r.fetch(find(1, k))
    for k in (0, -1): r.run(insert(k, 4))  # TensorFlow keeps what comes before the key that is none
    r.fetch(R.LookupTableSizeV2(table_handle=t))
    r.run(R.LookupTableRemoveV2(table_handle=t, keys=i64(1, 9)))
    r.run(R.LookupTableRemoveV2(table_handle=t, keys=i64(0)))
    r.fetch(find(1, 2))
    for bad in (dict(deleted_key=i64(0)[0]), dict(initial_num_buckets=5), dict(max_load_factor=1.5)):
        r.fetch(R.LookupTableSizeV2(table_handle=make(**bad)))
    t = make(empty_key=i64(0, 0), deleted_key=i64(-1, -1), value_shape=[3], value_dtype=tf.float32)
    r.run(R.LookupTableInsertV2(table_handle=t, keys=np.stack([i64(1, 2), i64(3, 4)]),
                                values=np.float32([[1, 2, 3], [4, 5, 6]])))
    r.fetch(R.LookupTableFindV2(table_handle=t, keys=np.stack([i64(3, 4), i64(9, 5)]),
                                default_value=np.zeros(3, np.float32)))


def text_files(r):
    words = r.file('words', b'a\nb\nc\n')
    columns = r.file('columns', b'a,1,x\r\nb,2,y')
    empty_line = r.file('gap', b'a\n\nb')

    def table(path, key, value, keys=tf.string, values=tf.int64, **k):
        t = R.HashTableV2(key_dtype=keys, value_dtype=values)
        r.run(R.InitializeTableFromTextFileV2(table_handle=t, filename=path, key_index=key, value_index=value, **k))
        r.rows(*R.LookupTableExportV2(table_handle=t, Tkeys=keys, Tvalues=values))
    table(words, -2, -1)
    table(words, -1, -2, tf.int64, tf.string)
    table(words, -2, -1, vocab_size=2, offset=5)
    table(words, -2, -1, vocab_size=5)
    table(columns, 0, 1, delimiter=',')
    table(columns, 1, 2, tf.int32, tf.string, delimiter=',')
    table(columns, 2, 1, tf.string, tf.float32, delimiter=',')
    table(columns, 0, 2, delimiter=',')
    table(columns, 0, 5, delimiter=',')
    table(empty_line, -2, -1)
    table(words, -1, -2, tf.int32, tf.string)


# ---- queues

def fifo_queue(r, old=False):
    op = table_ops(old)
    q = op('FIFOQueue')(component_types=[tf.int32], shapes=[[]], capacity=10)
    many = lambda n: op('QueueDequeueMany')(handle=q, n=n, component_types=[tf.int32])
    up_to = lambda n: op('QueueDequeueUpTo')(handle=q, n=n, component_types=[tf.int32])
    r.run(op('QueueEnqueueMany')(handle=q, components=[[1, 2, 3]]))
    r.fetch(op('QueueSize')(handle=q))
    r.fetch(many(2))
    r.fetch(up_to(0))
    r.run(op('QueueClose')(handle=q))
    if not old: r.fetch(R.QueueIsClosedV2(handle=q))
    r.run(op('QueueClose')(handle=q))
    r.run(op('QueueClose')(handle=q, cancel_pending_enqueues=True))
    r.run(op('QueueEnqueue')(handle=q, components=[5]))
    r.fetch(many(2))
    r.fetch(up_to(2))
    r.fetch(up_to(2))
    r.fetch(op('QueueDequeue')(handle=q, component_types=[tf.int32]))
    r.fetch(many(0))


def old_fifo_queue(r): fifo_queue(r, True)


def queue_without_shapes(r):
    q = v1.FIFOQueue(2, [tf.int32, tf.string])
    r.run(q.enqueue([[1, 2], 'a']))
    r.fetch(R.QueueDequeueManyV2(handle=q.queue_ref, n=1, component_types=[tf.int32, tf.string]))
    r.fetch(q.dequeue())
    r.run(q.enqueue_many([[1, 2], ['x', 'y']]))
    r.run(q.enqueue([3, 'z']))  # full
    r.fetch(q.dequeue())
    r.fetch(q.dequeue())
    r.fetch(q.dequeue())        # empty


def shuffle_queue(r):
    q = v1.RandomShuffleQueue(20, 2, [tf.int32, tf.string], [[], []], seed=3)
    r.run(q.enqueue_many([list(range(9)), list('abcdefghi')]))
    r.fetch(q.dequeue())
    r.fetch(q.dequeue_many(3))
    r.fetch(q.dequeue_many(3))
    r.fetch(q.size())
    r.run(q.close())
    r.fetch(q.dequeue_up_to(9))
    r.fetch(v1.RandomShuffleQueue(2, 2, [tf.int32], [[]], seed=3).size())


def padding_queue(r):
    q = v1.PaddingFIFOQueue(10, [tf.int32, tf.string], [[None, 2], [None]])
    r.run(q.enqueue([[[1, 2]], ['a', 'b']]))
    r.run(q.enqueue([[[3, 4], [5, 6]], ['c']]))
    r.fetch(q.dequeue_many(2))
    r.fetch(q.dequeue_up_to(0))
    r.run(q.enqueue([v1.placeholder_with_default([[1, 2, 3]], None), ['a']]))


def priority_queue(r):
    q = v1.PriorityQueue(10, [tf.string], [[]])
    r.run(q.enqueue_many([i64(5, 1, 3), ['five', 'one', 'three']]))
    r.run(q.enqueue([i64(2)[0], 'two']))
    r.fetch(q.dequeue())
    r.fetch(q.dequeue_many(3))
    r.fetch(q.size())


# ---- readers

def readers(r):
    text = r.file('text', b'one\r\ntwo\n\nfo\rur\nlast')
    none = r.file('none', b'')
    fixed = r.file('fixed', b'HHabcdefghijFF')

    def read(reader, paths, up_to=None):
        q = v1.FIFOQueue(10, [tf.string], [[]])
        for p in paths: r.run(q.enqueue(p))
        r.run(q.close())
        get = reader.read(q) if up_to is None else reader.read_up_to(q, up_to)
        while r.fetch(get) is not None: pass
        r.fetch(reader.num_records_produced(), reader.num_work_units_completed())
    read(v1.TextLineReader(), [text, none])
    read(v1.TextLineReader(skip_header_lines=1), [text, text])
    read(v1.TextLineReader(), [text, text], up_to=3)
    read(v1.WholeFileReader(), [text, none])
    read(v1.FixedLengthRecordReader(3, 2, 2), [fixed])
    read(v1.FixedLengthRecordReader(4, 2, 2, 2), [fixed])
    read(v1.FixedLengthRecordReader(4, 2, 2, 5), [fixed])
    read(v1.IdentityReader(), [text, none])


def record_reader(r):
    with tf.io.TFRecordWriter(r.folder + 'made') as w:
        for i in range(3): w.write(b'record %d' % i)
    path = r.file('records', open(r.folder + 'made', 'rb').read())
    q = v1.FIFOQueue(10, [tf.string], [[]])
    reader = v1.TFRecordReader()
    get = reader.read(q)
    r.run(q.enqueue(path))
    for _ in range(2): r.fetch(get)
    r.run(reader.reset())
    r.run(q.enqueue(path))
    for _ in range(3): r.fetch(get)
    r.fetch(reader.num_records_produced())


NAMED = [static_table, old_static_table, imported_table, mutable_table, old_mutable_table, vector_table, dense_table,
         text_files, fifo_queue, old_fifo_queue, queue_without_shapes, shuffle_queue, padding_queue, priority_queue,
         readers, record_reader]


# ---- random ones

PAIRS = {'static': [(k, v) for k, v in [('i', 'f'), ('i', 'i'), ('l', 'f'), ('l', 'd'), ('l', 'l'), ('l', 's'),
                                        ('s', 'b'), ('s', 'f'), ('s', 'l'), ('s', 's')]],
         'mutable': [('i', 'f'), ('i', 'i'), ('l', 'd'), ('l', 'l'), ('l', 's'), ('s', 'b'), ('s', 'f'), ('s', 'l')],
         'vector': [('i', 'f'), ('l', 'l'), ('l', 's'), ('s', 'b'), ('s', 'f')],
         'dense': [('i', 'f'), ('l', 'b'), ('l', 'd'), ('l', 'l'), ('s', 'b'), ('s', 'l')]}
DTYPES = {'i': np.int32, 'l': np.int64, 'f': np.float32, 'd': np.float64, 'b': np.bool_}


def drawn(rng, kind, shape, most=9, least=1):
    n = int(np.prod(shape))
    if kind == 's': return np.array([b'k%d' % rng.randint(least, most) for _ in range(n)], object).reshape(shape)
    return np.array([rng.randint(least, most) for _ in range(n)]).reshape(shape).astype(DTYPES[kind])


def random_table(r, rng):
    kind = rng.choice(list(PAIRS))
    key, value = rng.choice(PAIRS[kind])
    k, v = (tf.string if x == 's' else DTYPES[x] for x in (key, value))
    width = [] if kind in ('static', 'mutable') else [rng.randint(1, 3)]
    key_width = [2] if kind == 'dense' and key != 's' and rng.random() < 0.5 else []
    if kind == 'static': t = R.HashTableV2(key_dtype=k, value_dtype=v)
    elif kind == 'mutable': t = R.MutableHashTableV2(key_dtype=k, value_dtype=v)
    elif kind == 'vector': t = R.MutableHashTableOfTensorsV2(key_dtype=k, value_dtype=v, value_shape=width)
    else:
        empty, deleted = (np.full(key_width, b if key == 's' else n) for n, b in ((0, b'e'), (-1, b'd')))
        if key != 's': empty, deleted = empty.astype(DTYPES[key]), deleted.astype(DTYPES[key])
        if key == 's': empty, deleted = 'e', 'd'
        t = R.MutableDenseHashTableV2(empty_key=empty, deleted_key=deleted, value_dtype=v, value_shape=width,
                                      initial_num_buckets=16)
    for _ in range(12):
        batch = rng.choice([[], [1], [3], [2, 2], [0]])
        if kind == 'dense': batch = [rng.randint(1, 4)]  # TensorFlow crashes for others
        keys, values = drawn(rng, key, batch + key_width), drawn(rng, value, batch + width)
        what = rng.choice(['insert', 'find', 'find', 'size', 'rows', 'remove', 'import'])
        if what == 'insert':
            if kind == 'static' and len(batch) == 1:
                r.run(R.InitializeTableV2(table_handle=t, keys=given(keys), values=given(values)))
            else: r.run(R.LookupTableInsertV2(table_handle=t, keys=given(keys), values=given(values)))
        elif what == 'find':
            own = kind != 'static' and kind != 'dense' and rng.random() < 0.3
            default = drawn(rng, value, (batch if own else []) + width)
            r.fetch(R.LookupTableFindV2(table_handle=t, keys=given(keys), default_value=given(default)))
        elif what == 'size': r.fetch(R.LookupTableSizeV2(table_handle=t))
        elif what == 'remove' and batch: r.run(R.LookupTableRemoveV2(table_handle=t, keys=given(keys)))
        elif what == 'rows' and kind != 'dense':
            r.rows(*R.LookupTableExportV2(table_handle=t, Tkeys=k, Tvalues=v))
        elif what == 'import' and kind != 'dense' and len(batch) == 1:
            r.run(R.LookupTableImportV2(table_handle=t, keys=given(keys), values=given(values)))


def random_queue(r, rng):
    kind = rng.choice(['fifo', 'random', 'padding', 'priority'])
    types = [rng.choice('ilfdbs') for _ in range(rng.randint(1, 2))]
    shapes = [rng.choice([[], [2], [2, 1]]) for _ in types]
    told = [[None if kind == 'padding' and rng.random() < 0.5 else d for d in s] for s in shapes]
    dtypes = [tf.string if c == 's' else DTYPES[c] for c in types]
    capacity, keep = rng.choice([4, 8, 100]), rng.randint(0, 2)
    if kind == 'fifo': q = v1.FIFOQueue(capacity, dtypes, told)
    elif kind == 'random': q = v1.RandomShuffleQueue(capacity, keep, dtypes, told, seed=rng.randint(1, 99))
    elif kind == 'padding': q = v1.PaddingFIFOQueue(capacity, dtypes, told)
    else: q = v1.PriorityQueue(capacity, dtypes, told)
    size, closed, priorities = 0, False, list(range(50))
    rng.shuffle(priorities)

    def components(batch):
        made = [np.array([priorities.pop() for _ in range(batch[0] if batch else 1)], np.int64).reshape(batch)] \
            if kind == 'priority' else []
        for c, s, p in zip(types, shapes, told):
            s = [rng.randint(1, 3) if d is None else d for d in p]  # of 0 TensorFlow crashes
            made.append(drawn(rng, c, batch + s))
        return [given(x) for x in made]
    for _ in range(14):
        room = capacity - size
        there = size - (keep if kind == 'random' and not closed else 0)
        what = rng.choice(['put', 'many', 'many', 'take', 'take many', 'up to', 'size', 'close'])
        if what == 'put' and (room > 0 or closed):
            r.run(q.enqueue(components([])))
            size += not closed
        elif what == 'many' and (room > 0 or closed):
            n = rng.randint(0, min(room, 5)) if not closed else 2
            r.run(q.enqueue_many(components([n])))
            if not closed: size += n
        elif what == 'take' and (there > 0 or closed):
            r.fetch(q.dequeue())
            size -= size > 0
        elif what in ('take many', 'up to') and (there > 0 or closed):
            n = rng.randint(0, there) if not closed else rng.randint(0, 4)
            r.fetch(q.dequeue_many(n) if what == 'take many' else q.dequeue_up_to(n))
            if n <= size: size -= n
            elif what == 'up to': size = 0
        elif what == 'size': r.fetch(q.size(), q.is_closed())
        elif what == 'close' and rng.random() < 0.3:
            r.run(q.close(rng.random() < 0.3))
            closed = True


def record(name, make, *args):
    r = Recording(name)
    with r.graph.as_default(): make(r, *args)
    return r.bytes()


def main(doc, named, random_ones):
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out')
    p.add_argument('--named', action='store_true')
    p.add_argument('--random', type=int, default=0)
    p.add_argument('--first', type=int, default=1)
    o = p.parse_args()
    if o.named:
        graphs = {make.__name__: np.frombuffer(record(make.__name__, make), np.uint8) for make in named}
        np.savez_compressed(o.out, **graphs)
    for seed in range(o.first, o.first + o.random):
        rng = random.Random(seed)
        os.makedirs(o.out, exist_ok=True)
        with open('%s/%d.pb' % (o.out, seed), 'wb') as f:
            f.write(record(str(seed), rng.choice(random_ones), rng))


if __name__ == '__main__': main(__doc__, NAMED, [random_table, random_queue])
