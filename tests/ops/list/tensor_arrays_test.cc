// TensorFlow 1's arrays and stacks of tensors, op by op and in all their generations.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/registry.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

std::string GenerationOf(const std::string& op) {
  return op.ends_with("V2") || op.ends_with("V3") ? op.substr(op.size() - 2) : "";
}

// An array of one generation, through which x goes.
struct Arrays {
  Builder b;
  Feeds feeds;
  std::string generation;
  Output handle, flow;

  Arrays(const std::string& of, DType dtype, int size) : generation(of) {
    Operation made = b.AddNode("TensorArray" + of, {b.Constant(Tensor(size))}, {{"dtype", dtype}}, {.name = "array"});
    handle = b.OutputOf(made, 0);
    flow = of == "V3" ? b.OutputOf(made, 1) : b.Constant(Tensor(0.0f));
  }
  Output Data(const Tensor& v) {
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    feeds.emplace_back(x, v);
    return x;
  }
  // Op `verb` on the array; `inputs` stand between handle and flow.
  Operation Op(const std::string& verb, const std::vector<Input>& inputs, AttrMap attrs = {}) {
    std::vector<Input> all{handle};
    all.insert(all.end(), inputs.begin(), inputs.end());
    all.push_back(flow);
    return b.AddNode("TensorArray" + verb + generation, all, std::move(attrs));
  }
  void Write(int index, const Output& x) { flow = b.OutputOf(Op("Write", {b.Constant(Tensor(index)), x}), 0); }
  Output Read(int index, DType dtype) {
    return b.OutputOf(Op("Read", {b.Constant(Tensor(index))}, {{"dtype", dtype}}), 0);
  }
};

Tensor Int32s(std::vector<int32_t> v) { return Tensor(v); }

bool WritesAndReads(const std::string& generation, const std::string& verb, const Tensor& v) {
  Arrays a(generation, v.dtype(), 2);
  Output x = a.Data(v);
  Output rows = ops::Stack({x, x});
  Tensor want = v;
  Output y;
  if (verb == "Scatter" || verb == "Unpack") {
    a.flow = a.b.OutputOf(verb == "Unpack" ? a.Op(verb, {rows})
                                           : a.Op(verb, {a.b.Constant(Int32s({1, 0})), rows}), 0);
  } else if (verb == "Split") {
    if (v.shape().rank() == 0) return true;  // has no rows
    const int64_t n = v.shape()[0];
    a.flow = a.b.OutputOf(a.Op(verb, {ops::Concat({x, x}, 0), a.b.Constant(Tensor(std::vector<int64_t>{n, n}))}), 0);
  } else {
    a.Write(0, x), a.Write(1, x);
  }
  if (verb == "Gather" || verb == "Pack") {
    AttrMap attrs{{"dtype", v.dtype()}};
    y = a.b.OutputOf(verb == "Pack" ? a.Op(verb, {}, attrs) : a.Op(verb, {a.b.Constant(Int32s({1, 0}))}, attrs), 0);
    y = ops::Unstack(y, 2)[1];
  } else if (verb == "Concat") {
    if (v.shape().rank() == 0) return true;
    y = a.b.OutputOf(a.Op(verb, {}, {{"dtype", v.dtype()}}), 0);
    y = ops::Split(y, 2, 0)[1];
  } else if (verb == "Size") {
    y = a.b.OutputOf(a.Op(verb, {}), 0), want = Tensor(2);
  } else if (verb == "Close") {
    a.b.AddNode("TensorArrayClose" + generation, {a.handle});
    y = a.Read(1, v.dtype());
  } else {
    y = a.Read(1, v.dtype());
  }
  return Gives(a.b, a.feeds, y, want);
}

std::string VerbOf(const std::string& op) {
  return op.substr(11, op.size() - 11 - GenerationOf(op).size());
}

void CheckArrayOp(const std::string& op, OpCoverage* c) {
  const std::string verb = VerbOf(op), generation = GenerationOf(op);
  const OpDef& def = *AllOps().Find(op);
  const bool typed = def.FindAttr("dtype") || def.FindAttr("T");
  if (typed) {
    Sweep(op, def.FindAttr("dtype") ? "dtype" : "T", c,
          [&](const Tensor& v) { return WritesAndReads(generation, verb, v); });
  } else {
    c->forward = WritesAndReads(generation, verb, Tensor(2.0f));
    c->empty = WritesAndReads(generation, verb, Tensor::Zeros(kFloat, {0}));
  }
  Builder b;
  std::vector<Input> inputs(def.inputs().size(), b.Constant(Tensor(true)));
  b.AddNode(op, inputs, {}, {.name = "op"});
  ExpectRefused(b, c);
}

// Two reads of one row: the gradient is written twice, and adds.
void CheckGradientOp(const std::string& op, OpCoverage* c) {
  const std::string generation = op == "TensorArrayGradWithShape" ? "V3" : GenerationOf(op);
  for (Tensor v : {Tensor(1.5f), Tensor::Zeros(kFloat, {0})}) {
    Arrays a(generation, kFloat, 2);
    Output x = a.Data(v);
    a.Write(0, x), a.Write(1, x);
    std::vector<Input> inputs{generation.empty() ? a.b.Add("Identity", {a.handle}) : a.handle, a.flow};
    if (op.ends_with("WithShape")) inputs.push_back(a.b.Constant(Tensor::Zeros(kInt32, {0})));
    Operation grad = a.b.AddNode(op, inputs, {{"source", "gradients"}});
    a.handle = a.b.OutputOf(grad, 0);
    a.flow = generation == "V3" ? a.b.OutputOf(grad, 1) : a.b.Constant(Tensor(0.0f));
    a.Write(1, x), a.Write(1, x);
    Output y = a.Read(1, kFloat);
    c->forward = c->empty = Gives(a.b, a.feeds, y, v.num_elements() == 1 ? Tensor(3.0f) : v);
  }
  Builder b;
  std::vector<Input> inputs(AllOps().Find(op)->inputs().size(), b.Constant(Tensor(true)));
  b.AddNode(op, inputs, {{"source", ""}}, {.name = "op"});
  ExpectRefused(b, c);
}

void CheckStackOp(const std::string& op, OpCoverage* c) {
  const std::string generation = GenerationOf(op);
  auto holds = [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}}), z = Make("ZerosLike", {x});
    std::vector<Input> size;
    if (!generation.empty()) size.push_back(b.Constant(Tensor(-1)));
    Output stack = b.Add("Stack" + generation, size, {{"elem_type", v.dtype()}});
    Output first = b.Add("StackPush" + generation, {stack, x});
    Output y;
    {
      auto after = b.ControlDependencies({first.op()});
      Output second = b.Add("StackPush" + generation, {stack, z});
      auto later = b.ControlDependencies({second.op()});
      Output popped = b.Add("StackPop" + generation, {stack}, {{"elem_type", v.dtype()}});
      auto last = b.ControlDependencies({popped.op()});
      y = b.Add("StackPop" + generation, {stack}, {{"elem_type", v.dtype()}});
      auto end = b.ControlDependencies({y.op()});
      b.AddNode("StackClose" + generation, {stack});
    }
    return Gives(b, {{x, v}}, y, v);
  };
  const OpDef& def = *AllOps().Find(op);
  if (def.FindAttr("elem_type")) Sweep(op, "elem_type", c, holds);
  else if (def.FindAttr("T")) Sweep(op, "T", c, holds);
  else c->forward = holds(Tensor(2.0f)), c->empty = holds(Tensor::Zeros(kFloat, {0}));
  Builder b;
  std::vector<Input> inputs(def.inputs().size(), b.Constant(Tensor(true)));
  if (inputs.empty()) b.AddNode(op, {}, {}, {.name = "op"});
  else b.AddNode(op, inputs, {}, {.name = "op"});
  ExpectRefused(b, c);
}

}  // namespace

SpecialChecks TensorArraySpecials() {
  SpecialChecks checks;
  for (const auto& [op, def] : AllOps().ops()) {
    if (op.starts_with("TensorArrayGrad")) checks[op] = CheckGradientOp;
    else if (op.starts_with("TensorArray")) checks[op] = CheckArrayOp;
    else if (op.starts_with("Stack")) checks[op] = CheckStackOp;
  }
  return checks;
}

}  // namespace weir::testing
