"""Cases of variables and training ops; forms by reference and by resource handle share one generator."""

import numpy as np

from draw import TYPES, Case, Var

SLOTS = {"var", "accum", "accum_update", "mg", "ms", "mom", "m", "v", "linear", "gradient_accumulator",
         "gradient_squared_accumulator"}
SCALARS = {"lr": (0.05, 0.5), "alpha": (0.05, 0.5), "rho": (0.5, 0.95), "momentum": (0.1, 0.9), "epsilon": (0.01, 0.1),
           "beta1": (0.5, 0.9), "beta2": (0.5, 0.95), "beta1_power": (0.1, 0.8), "beta2_power": (0.1, 0.9),
           "l1": (0.0, 0.3),
           "l2": (0.0, 0.3), "l2_shrinkage": (0.0, 0.3), "lr_power": (-0.8, -0.4)}


def training(d):
    t = d.type()
    sparse = "Sparse" in d.op
    s = d.shape(min_rank=1 if sparse else 0, max_rank=3, empty=0.02 if not sparse else 0.0)
    rows = d.index(s[0], (d.int(0, 5),), d.pick(["int32", "int64"])) if sparse else None
    mg = d.values(t, s, -0.5, 0.5, wild=False)
    inputs = []
    for name, _ in d.opdef["in"]:
        if name in SLOTS:
            low, high = (-1, 1) if name in ("var", "m", "mom", "linear", "gradient_accumulator") else (0.5, 2)
            v = mg if name == "mg" else d.values(t, s, low, high, wild=False)
            inputs.append(Var(v))
        elif name in SCALARS:
            low, high = SCALARS[name]
            v = (-0.5 if name == "lr_power" and d.flag()
                 else 0.0 if name in ("l1", "l2") and d.flag(0.3) else d.rng.uniform(low, high))
            inputs.append(TYPES[t](v))
        elif name == "global_step":
            inputs.append(np.int64(d.int(1, 50)))
        elif name == "indices":
            inputs.append(rows)
        else:  # grad, delta
            inputs.append(d.values(t, rows.shape + s[1:] if sparse else s, -1, 1, wild=False))
    flags = {k: d.flag() for k, v in d.opdef["attr"].items() if v["type"] == "bool"}
    return Case(*inputs, grad=False, **flags)


def assign(attr):
    def gen(d):
        t, s = d.type(attr), d.shape()
        kw = {"validate_shape": True} if d.op in ("Assign", "AssignVariableOp") else {}
        return Case(Var(d.values(t, s)), d.values(t, s), grad=False, **kw)
    return gen


def read(d):
    return Case(Var(d.values(d.type("dtype"), d.shape())), **({"dtype": None} if d.op == "ReadVariableOp" else {}))


def is_initialized(d):
    t = d.pick(["float", "int32", "half"])
    v = Var(d.values(t, d.shape())) if d.flag() else Var(None, np.dtype(TYPES[t]), d.shape())
    return Case(v, grad=False)


def variable_shape(d):
    return Case(Var(d.values("float", d.shape())), out_type=d.pick(["int32", "int64"]))


def resource_gather(d):
    t, s = d.type("dtype"), d.shape(min_rank=1, empty=0.0)
    batch = d.int(0, len(s) - 1) if d.flag(0.3) else 0
    i = d.index(s[batch], s[:batch] + d.shape(max_rank=2), d.pick(["int32", "int64"]))
    return Case(Var(d.values(t, s)), i, dtype=None, batch_dims=batch)


def scatter(attr):
    def gen(d):
        t, s = d.type(attr), d.shape(min_rank=1, empty=0.0)
        i = d.index(s[0], d.shape(max_rank=2), d.pick(["int32", "int64"]))
        if d.op.endswith("Update"):
            i = d.rng.permutation(s[0])[:d.int(0, s[0])].astype(i.dtype)
        u = d.values(t, () if d.flag(0.2) else i.shape + s[1:])
        return Case(Var(d.values(t, s)), i, u, grad=False)
    return gen


GENERATORS = {
    "ReadVariableOp": read, "AssignVariableOp": assign("dtype"), "AssignAddVariableOp": assign("dtype"),
    "AssignSubVariableOp": assign("dtype"), "VarIsInitializedOp": is_initialized, "VariableShape": variable_shape,
    "ResourceGather": resource_gather, "Assign": assign("T"), "AssignAdd": assign("T"), "AssignSub": assign("T"),
    "IsVariableInitialized": is_initialized,
}
for kind in ("Add", "Sub", "Update"):
    GENERATORS["Scatter" + kind] = scatter("T")
    GENERATORS["ResourceScatter" + kind] = scatter("dtype")
GENERATORS["ResourceScatterMul"] = GENERATORS["ResourceScatterMax"] = scatter("dtype")
RULES = ("GradientDescent Momentum Adam RMSProp CenteredRMSProp Adagrad Adadelta AdagradDA Ftrl FtrlV2 "
         "ProximalGradientDescent ProximalAdagrad")
for rule in RULES.split():
    for prefix in ("", "Resource"):
        GENERATORS[prefix + "Apply" + rule] = training
        if rule not in ("GradientDescent", "Adam"):
            GENERATORS[prefix + "SparseApply" + rule] = training
