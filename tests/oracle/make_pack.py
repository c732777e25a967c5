#!/usr/bin/env python3
"""Draws random cases of ops, lets TensorFlow compute them, and writes each op's cases into one GraphDef: a case pack.

  make_pack.py --opdefs OPDEFS.json --out DIR [--ops MatMul,Conv2D | --family nn] [--cases 20] [--seed 1]
               [--one FILE.pb]

Needs TensorFlow 2; nothing else in the repository does. What is in a pack (case N lies in the name scope case_N/):
  op               the op under test; its inputs are in_0, in_1, …
  in_K             Const; or the variable (VarHandleOp, VariableV2), whose value before is the Const init_K
  want_K           Const: output K as TensorFlow computes it
  wantvar_K        Const: variable K after the run
  r_K, wantgrad_K  Const: the gradient by output K (of the case's `weighted` outputs), and TensorFlow's gradient of
                   sum(outputs * r) by input K
  want_error       string Const: TensorFlow's message, where it refuses the case
  meta/tensorflow  string Const: TensorFlow's version
"""

import argparse
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its kernels answer differently from machine to machine
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import rewriter_config_pb2
from tensorflow.python.framework import op_def_library

import gen_array
import gen_bits
import gen_image
import gen_image_files
import gen_linalg
import gen_math
import gen_nn
import gen_random
import gen_parse
import gen_scatter
import gen_sequence
import gen_sparse
import gen_special
import gen_state
import gen_string
from draw import OPDEFS_HELP, Draw, Var, load_opdefs

tf1 = tf.compat.v1
FAMILIES = {"math": gen_math.GENERATORS, "array": gen_array.GENERATORS, "nn": gen_nn.GENERATORS,
            "state": gen_state.GENERATORS,
            "linalg": gen_linalg.GENERATORS, "image": gen_image.GENERATORS, "scatter": gen_scatter.GENERATORS,
            "bits": gen_bits.GENERATORS, "special": gen_special.GENERATORS, "string": gen_string.GENERATORS,
            "sparse": gen_sparse.GENERATORS, "sequence": gen_sequence.GENERATORS, "parse": gen_parse.GENERATORS,
            "random": gen_random.GENERATORS, "image_files": gen_image_files.GENERATORS}
GENERATORS = {op: g for family in FAMILIES.values() for op, g in family.items()}
QUANTIZED = {"qint8": tf.qint8, "quint8": tf.quint8, "qint32": tf.qint32, "qint16": tf.qint16, "quint16": tf.quint16}

# Ops that TensorFlow no longer has, but for their numbers in …V2: the argument that became another there, and the
# attributes that only V2 has, with the values that must be said.
REMOVED = {"TopK": ("k", "k", {"Tk": None, "index_type": None}),
           "Conv3DBackpropInput": ("input", "input_sizes", {"Tshape": None, "data_format": "NDHWC"}),
           "Conv3DBackpropFilter": ("filter", "filter_sizes", {"data_format": "NDHWC"}),
           "RandomPoisson": ("rate", "rate", {"R": None})}


def session():
    config = tf1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = tf1.OptimizerOptions.L0
    return tf1.Session(config=config)


def flat(inputs):
    return [x for item in inputs for x in (item if isinstance(item, list) else [item])]


class Built:
    """The case as a TensorFlow graph; `known` False: inputs are placeholders, for cases that TensorFlow refuses while
    building."""

    def __init__(self, op, opdef, case, known):
        self.variables, self.feeds, self.init, self.inputs = {}, {}, [], []
        self.case = case
        self.count = 0
        args = {}
        resource = any(t == "resource" for _, t in opdef["in"])
        for (name, _), value in zip(opdef["in"], case.inputs):
            args[name] = ([self.make(v, resource, known) for v in value] if isinstance(value, list)
                          else self.make(value, resource, known))
        used = {part.removeprefix("list(").removesuffix(")") for _, t in opdef["in"] for part in t.split("*")}
        defaults = {n: a["default"] for n, a in opdef.get("attr", {}).items() if "default" in a and n not in used}
        for name, value in {**defaults, **case.attrs}.items():
            if name == "value":
                value = tf.make_tensor_proto(value)
                args["dtype"] = tf.as_dtype(
                    case.attrs["value"].dtype if case.attrs["value"].dtype != object else "string")
            if name == "dtype" and value is None:
                value = next(v for v in case.inputs if isinstance(v, Var)).dtype
            if opdef["attr"][name]["type"] == "type":
                value = tf.as_dtype(value)
            if not (name == "shape" and value is None):
                args[name] = value
            else:
                args[name] = tf.TensorShape(None)
        if op in REMOVED:
            name, new, more = REMOVED[op]
            value = args.pop(name)
            args[new] = tf.constant(value) if op == "TopK" else value if new == name else tf.shape(value)
            args.update({key: value for key, value in more.items() if value is not None})
            op += "V2"
        result = op_def_library._apply_op_helper(op, name="op", **args)
        self.node = result[2] if not isinstance(result, tf.Operation) else result

    def make(self, value, resource, known):
        k = self.count
        self.count += 1
        if isinstance(value, Var):
            if resource:
                t = tf.raw_ops.VarHandleOp(dtype=tf.as_dtype(value.dtype), shape=value.shape, shared_name=f"v{k}",
                                           name=f"in_{k}")
            else:
                t = tf.raw_ops.VariableV2(dtype=tf.as_dtype(value.dtype), shape=value.shape, shared_name=f"v{k}",
                                          name=f"in_{k}")
            if value.value is not None:
                assign = (tf.raw_ops.AssignVariableOp(resource=t, value=value.value) if resource
                          else tf1.assign(t, value.value))
                self.init.append(assign)
            self.variables[k] = (t, resource)
        else:
            dtype = tf.string if np.asarray(value).dtype == object else tf.as_dtype(np.asarray(value).dtype)
            if self.case.quantized and k == 0:
                t = tf.bitcast(tf.constant(value), QUANTIZED[self.case.quantized])
            elif known:
                t = tf.constant(value, dtype, shape=np.shape(value), name=f"in_{k}")
            else:
                t = tf1.placeholder(dtype, None, name=f"in_{k}")
                self.feeds[t] = value
        self.inputs.append(t)
        return t


def differentiate(built, rng, results):
    """(r per output, gradient per input), {} where TensorFlow has none."""
    ys = [(k, y) for k, y in enumerate(built.node.outputs)
          if (y.dtype.is_floating or y.dtype.is_complex) and k in (built.case.weighted or range(len(results)))]
    xs = [(k, x) for k, x in enumerate(built.inputs)
          if x.dtype.base_dtype.is_floating or x.dtype.base_dtype.is_complex or x.dtype == tf.resource]
    if not ys or not xs or not built.case.grad:
        return {}, {}
    def weights(like):
        real = np.asarray(rng.uniform(-1, 1, like.shape))
        return (real + 1j * rng.uniform(-1, 1, like.shape) if np.iscomplexobj(like) else real).astype(like.dtype)
    rs = {k: weights(results[k]) for k, _ in ys}
    try:
        grads = tf1.gradients([y for _, y in ys], [x for _, x in xs], grad_ys=[tf.constant(rs[k]) for k, _ in ys])
    except (LookupError, ValueError, TypeError, NotImplementedError, tf.errors.OpError):
        return {}, {}
    return rs, {k: tf.convert_to_tensor(g) for (k, _), g in zip(xs, grads) if g is not None}


def add_const(graph, name, value, dtype=None):
    node = graph.node.add(name=name, op="Const")
    value = np.asarray(value, np.object_ if isinstance(value, bytes) else None)  # else it would lose zeros at its end
    proto = tf.make_tensor_proto(value, dtype=dtype or (tf.string if value.dtype == object else None),
                                 shape=value.shape)
    node.attr["dtype"].type = proto.dtype
    node.attr["value"].tensor.CopyFrom(proto)


def run_case(op, opdef, case, rng):
    """What TensorFlow says: a dict of want_K …, or {"want_error": text}; and the op's NodeDef."""
    with tf.Graph().as_default():
        known = True
        try:
            built = Built(op, opdef, case, True)
        except (ValueError, tf.errors.OpError) as e:
            message, known = str(e), False
    if not known:
        with tf.Graph().as_default():
            built = Built(op, opdef, case, False)
            return built, {"want_error": short(message)}
    with built.node.graph.as_default(), session() as s:
        reads = {k: tf.raw_ops.ReadVariableOp(resource=t, dtype=tf.as_dtype(case_dtype(case, k))) if resource
                 else tf.identity(t)
                 for k, (t, resource) in built.variables.items() if init_of(case, k) is not None}
        s.run(built.init)
        try:
            results = s.run(list(built.node.outputs) or built.node)
        except tf.errors.OpError as e:
            return built, {"want_error": short(e.message)}
        facts = {f"want_{k}": v for k, v in enumerate(results or []) if k not in case.undefined}
        for k, r in reads.items():
            facts[f"wantvar_{k}"] = s.run(r)
        rs, grads = differentiate(built, rng, [np.asarray(v) for v in results or []])
        try:
            values = s.run(grads)
        except (tf.errors.OpError, ValueError):
            return built, facts
        facts.update({f"r_{k}": v for k, v in rs.items() if values})
        facts.update({f"wantgrad_{k}": v for k, v in values.items()})
        return built, facts


def short(message):
    """The sentence, without the places where the graph was made."""
    lines = [line for line in message.split("\n")
             if line and not line.startswith(("Graph execution", "Detected at", " ", "Node:"))]
    return (lines[0] if lines else message).split("[[")[0].strip().encode()


def init_of(case, k):
    return flat(case.inputs)[k].value


def case_dtype(case, k):
    return flat(case.inputs)[k].dtype


def add_case(graph, number, op, opdef, case, rng):
    built, facts = run_case(op, opdef, case, rng)
    scope = f"case_{number}/"
    for k, value in enumerate(flat(case.inputs)):
        if isinstance(value, Var):
            node = graph.node.add()
            node.CopyFrom(built.variables[k][0].op.node_def)
            node.name = f"{scope}in_{k}"
            node.attr["shared_name"].s = b""
            if value.value is not None:
                add_const(graph, f"{scope}init_{k}", value.value)
        elif case.quantized and k == 0:
            quantized = QUANTIZED[case.quantized]
            node = graph.node.add(name=f"{scope}in_{k}", op="Const")
            node.attr["dtype"].type = quantized.as_datatype_enum
            tensor = node.attr["value"].tensor
            tensor.dtype = quantized.as_datatype_enum
            tensor.tensor_shape.CopyFrom(tf.TensorShape(value.shape).as_proto())
            tensor.tensor_content = value.tobytes()
        else:
            add_const(graph, f"{scope}in_{k}", value)
    node = graph.node.add()
    node.CopyFrom(built.node.node_def)
    node.name = scope + "op"
    if op in REMOVED:
        node.op = op
        if op == "TopK":
            node.attr["k"].i = case.attrs["k"]
        for key in REMOVED[op][2]:
            node.attr.pop(key)
    del node.input[:]
    node.input.extend(f"{scope}in_{k}" for k in range(len(flat(case.inputs))))
    for key in [k for k in node.attr if k.startswith("_")]:
        del node.attr[key]
    for name, value in facts.items():
        add_const(graph, scope + name, value)


def make(op, opdefs, seed, cases, graph, first, tell, small, complex_):
    done = refused = 0
    for i in range(cases):
        d = Draw(op, opdefs[op], seed, i, small, complex_)
        try:
            case = GENERATORS[op](d)
            add_case(graph, first + i, op, opdefs[op], case, d.rng)
            done += 1
            if graph.node[-1].name == f"case_{first + i}/want_error":
                refused += 1
                if tell:
                    print(f"{op} case {i} refused: "
                          f"{graph.node[-1].attr['value'].tensor.string_val[0].decode(errors='replace')[:200]}")
        except Exception as e:  # a case that this script cannot even write down
            print(f"{op} case {i}: {type(e).__name__}: {str(e)[:300]}", file=sys.stderr)
            while graph.node and graph.node[-1].name.startswith(f"case_{first + i}/"):
                del graph.node[-1]
    return done, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="folder for one pack an op")
    parser.add_argument("--opdefs", help=OPDEFS_HELP)
    parser.add_argument("--one", help="write all into this one file of the folder")
    parser.add_argument("--ops", help="comma-separated")
    parser.add_argument("--family", choices=FAMILIES)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="small shapes: for golden packs")
    parser.add_argument("--complex", action="store_true", help="of complex numbers, where the op takes them")
    parser.add_argument("--refused", action="store_true", help="print what TensorFlow refused")
    a = parser.parse_args()
    tf1.disable_eager_execution()
    opdefs = load_opdefs(a.opdefs)
    ops = a.ops.split(",") if a.ops else sorted(FAMILIES[a.family] if a.family else GENERATORS)
    os.makedirs(a.out, exist_ok=True)
    graph, first = graph_pb2.GraphDef(), 0
    for op in ops:
        if not a.one:
            graph, first = graph_pb2.GraphDef(), 0
        done, refused = make(op, opdefs, a.seed, a.cases, graph, first, a.refused, a.small, a.complex)
        first += a.cases
        print(f"{op}: {done} cases, {refused} refused", flush=True)
        if not a.one or op == ops[-1]:
            add_const(graph, "meta/tensorflow", tf.__version__.encode())
            with open(os.path.join(a.out, a.one or op + ".pb"), "wb") as f:
                f.write(graph.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
