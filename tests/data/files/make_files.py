#!/usr/bin/env python3
"""Makes the golden files of this folder with TensorFlow: run it here with a Python that has tensorflow and numpy.

  checkpoint.*   every dtype that Weir computes with, strings, an empty tensor, two partitioned ones; expected.npz:
                 the values
  features.pb    a graph with what importers get wrong: functions, `_` attributes, devices, opaque tensors, lists of
                 all kinds
"""
import numpy as np, tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
rng = np.random.RandomState(0)


def checkpoint():
    values = {'number/' + t: (rng.rand(2, 3) * 50).astype(t) for t in
              'float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool'.split()}
    values.update(scalar=np.float32(3.5), empty=np.zeros((0, 3), np.float32),
                  text=np.array([[b'ab', b''], [b'x' * 300, b'\x00\xffz']]))
    a, b = np.arange(12, dtype=np.float32).reshape(4, 3), rng.rand(3, 100)
    names = sorted(values)
    saved, slices, tensors = list(names), [''] * len(names), [tf.constant(values[n]) for n in names]
    for name, spec, part in (('rows', '4 3 0,2:-', a[:2]), ('rows', '4 3 2,2:-', a[2:]),
                             ('columns', '3 100 -:0,70', b[:, :70]), ('columns', '3 100 -:70,30', b[:, 70:])):
        saved.append(name), slices.append(spec), tensors.append(tf.constant(part))
    with v1.Session() as s:
        s.run(tf.raw_ops.SaveV2(prefix='checkpoint', tensor_names=saved, shape_and_slices=slices, tensors=tensors))
    np.savez('expected.npz', rows=a, columns=b, **values)


def features():
    g = v1.GraphDef()

    def node(name, op, *inputs, **attrs):
        n = g.node.add(name=name, op=op, input=inputs)
        for key, value in attrs.items():
            n.attr[key].CopyFrom(value)
        return n

    A = v1.AttrValue
    kind = lambda t: A(type=t)
    tensor = lambda v, **k: A(tensor=tf.make_tensor_proto(v, **k))
    node('x', 'Placeholder', dtype=kind(1), shape=A(shape={'dim': [{'size': -1, 'name': 'batch'}, {'size': 2}]}),
         _output_shapes=A(list={'shape': [{'dim': [{'size': -1}, {'size': 2}]}]}))
    node('late', 'Identity', 'y:0', '^x', T=kind(1)).device = '/job:worker/cpu:0'
    node('y', 'Mul', 'x', 'half', T=kind(1))
    node('half', 'Const', dtype=kind(1), value=tensor(np.float32(0.5)))
    node('splat', 'Const', dtype=kind(3),
         value=A(tensor={'dtype': 3, 'tensor_shape': {'dim': [{'size': 1000}]}, 'int_val': [7]}))
    node('short', 'Const', dtype=kind(1),
         value=A(tensor={'dtype': 1, 'tensor_shape': {'dim': [{'size': 4}]}, 'float_val': [1, 2]}))
    node('none', 'Const', dtype=kind(2), value=A(tensor={'dtype': 2, 'tensor_shape': {'dim': [{'size': 2}]}}))
    node('bits', 'Const', dtype=kind(14),
         value=A(tensor={'dtype': 14, 'tensor_shape': {'dim': [{'size': 3}]}, 'half_val': [0x3f80, 0x7fc1]}))
    node('complex', 'Const', dtype=kind(8), value=tensor(np.array([1 + 2j, 3], np.complex64)))
    node('texts', 'Const', dtype=kind(7), value=tensor([b'a', b'\xff"\\\n', b'a']))
    node('strange', 'NoSuchOp', 'x', 'splat:0', '^y', s=A(s=b'a\x00b'), i=A(i=-2**63), f=A(f=0.1), b=A(b=False),
         empty=A(list={}), fs=A(list={'f': [1, float('inf')]}), bs=A(list={'b': [True, False]}),
         types=A(list={'type': [1, 101]}),
         ts=A(list={'tensor': [tf.make_tensor_proto(1), tf.make_tensor_proto([b'q'])]}),
         unknown=A(shape={'unknown_rank': True}), scalar=A(shape={}),
         func=A(func={'name': 'twice', 'attr': {'T': {'type': 1}}}), nothing=A())
    node('reader', 'AlsoUnknown', 'strange:2', 'strange')
    f = g.library.function.add()
    f.signature.CopyFrom(type(f.signature)(
        name='twice', input_arg=[{'name': 'x', 'type_attr': 'T'}],
        output_arg=[{'name': 'y', 'type_attr': 'T', 'description': 'double'}],
        attr=[{'name': 'T', 'type': 'type', 'allowed_values': {'list': {'type': [1, 2]}}}], description='x + x'))
    add = f.node_def.add(name='sum', op='AddV2', input=['x', 'x'])
    add.attr['T'].placeholder = 'T'
    f.ret['y'] = 'sum:z:0'
    f.attr['_noinline'].b = True
    g.library.gradient.add(function_name='twice', gradient_func='twice_grad')
    node('call', 'twice', 'x', T=kind(1))
    g.versions.producer = 134
    open('features.pb', 'wb').write(g.SerializeToString(deterministic=True))


checkpoint()
features()
