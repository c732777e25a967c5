// Checks of datasets, which no row can describe: every op with every dtype, and what it refuses. What they give in
// detail is compared with TensorFlow's in oracle/recorded_runs_test.cc.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/input_data.h"
#include "weir/ops/registry.h"
#include "weir/tests/ops/data/streams.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

using namespace ops;

// What a dataset op takes in the checks: numbers with which the elements stay what they are.
Output NumberFor(Builder& b, const std::string& op, const ArgDef& in) {
  if (in.name == "seed_generator") return b.Add("DummySeedGenerator", {});
  if (in.name == "cache") return b.Add("DummyMemoryCache", {});
  if (in.name.starts_with("optimizations")) return b.Constant(Tensor::Of<std::string>({0}, {}));
  if (in.type == kString) return b.Constant(Tensor(""));
  if (in.type == kBool) return b.Constant(Tensor(false));
  int64_t value = 1;
  if (op == "TakeDataset" && in.name == "count") value = -1;
  if ((op == "SkipDataset" && in.name == "count") || in.name == "index") value = 0;
  if (in.name == "cardinality") value = -2;
  return b.Constant(in.type == kInt32 ? Tensor(static_cast<int32_t>(value)) : Tensor(value));
}

// The function of a dataset op: of the state, if it has any, the element, which it gives unchanged or as a dataset or
// as what a predicate thinks of it, and what it has captured.
HeldBody FunctionFor(Builder& b, const std::string& op, const std::vector<OutputType>& args, const Output& captured) {
  const OpDef& def = *AllOps().Find(op);
  return *DefineHeld(b, "f", args, [&](const Outputs& a) {
    const Output used = captured;  // is asked for, and so captured
    const Output inner = Make("Identity", {used});
    if (def.FindAttr("predicate")) {
      Builder& body = *Builder::Innermost(&b);
      auto after = body.ControlDependencies({inner.op()});
      return Outputs{Make("LogicalNot", {body.Constant(Tensor(false))})};
    }
    if (op.starts_with("FlatMap") || op.find("Interleave") != op.npos) {
      return Outputs{Make("TensorDataset", {a[0]}, {{"output_shapes", std::vector<PartialShape>{a[0].shape()}}})};
    }
    return Outputs(a);
  });
}

// The op's dataset of the elements of `input`, with one that a function has captured.
Output Apply(Builder& b, const std::string& op, const Dataset& input, const Output& captured) {
  const OpDef& def = *AllOps().Find(op);
  const OutputType element = input.element()[0];
  AttrMap attrs;
  InputList inputs;
  const bool batches = op.find("Batch") != op.npos && op.find("Unbatch") == op.npos;
  for (const ArgDef& in : def.inputs()) {
    if (in.name == "other_arguments") {
      std::vector<OutputType> args = {element};
      if (def.FindAttr("Tstate")) args.insert(args.begin(), b.graph().type(captured.endpoint()));
      const HeldBody f = FunctionFor(b, op, args, captured);
      std::vector<DType> types;
      for (const Output& o : f.captures) inputs.push_back(o), types.push_back(o.dtype());
      attrs["Targuments"] = types;
      attrs[def.FindAttr("predicate") ? "predicate" : "f"] = f.function;
    } else if (in.name == "initial_state") {
      inputs.push_back(captured);
      attrs["Tstate"] = std::vector<DType>{captured.dtype()};
    } else if (in.type == kVariant) {
      inputs.push_back(in.name == "another_dataset" ? input.Take(int64_t{0}).output() : input.output());
    } else if (in.name == "padded_shapes") {
      inputs.push_back(b.Constant(Tensor(std::vector<int64_t>{3})));
    } else if (in.name == "padding_values") {
      inputs.push_back(b.Constant(Tensor::Zeros(element.dtype, {})));
    } else {
      inputs.push_back(NumberFor(b, op, in));
    }
  }
  const PartialShape shape = batches ? PartialShape({kUnknownDim, 3}) : PartialShape::Unknown();
  const bool window = op == "WindowDataset";
  attrs[def.FindAttr("output_types") ? "output_types" : "Toutput_types"] =
      std::vector<DType>{window ? kVariant : element.dtype};
  attrs["output_shapes"] = std::vector<PartialShape>{window ? PartialShape::Scalar() : shape};
  if (def.FindAttr("serialized_options")) attrs["serialized_options"] = "";
  if (op.starts_with("PaddedBatch")) attrs["N"] = 1;
  Output made = b.Add(op, inputs, attrs, {.name = "op"});
  if (!window) return made;
  const HeldBody same = *DefineHeld(b, "same", {b.graph().type(made.endpoint())},
                                    [](const Outputs& w) { return Outputs{w[0]}; });
  return b.Add("FlatMapDataset", {made}, {{"f", same.function}, {"output_types", std::vector<DType>{element.dtype}},
                                          {"output_shapes", std::vector<PartialShape>{PartialShape::Unknown()}}});
}

// Whether the elements that come through the op are the rows of `v`, or the captured tensor is of its dtype and does no
// harm.
bool GoesThrough(const std::string& op, const Tensor& v, bool captured) {
  Builder b;
  const Output x = Placeholder(b, v.dtype(), v.shape()), rows = b.Constant(Tensor(std::vector<float>{1, 2}));
  const bool unbatch = op.find("Unbatch") != op.npos;
  Dataset input = Dataset::FromTensorSlices(b, {captured ? rows : x});
  if (unbatch) input = input.Batch(int64_t{1});
  if (captured && op.find("PaddedBatch") != op.npos) return true;
  const Output made = Apply(b, op, input, captured ? x : rows);
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  if (!b.status().ok()) return false;
  return StreamIs(b, made, captured ? kFloat : v.dtype(), {{x, v}}, captured ? Tensor(std::vector<float>{1, 2}) : v);
}

void CheckDataset(const std::string& op, OpCoverage* c) {
  const OpDef& def = *AllOps().Find(op);
  for (const char* attr : {"output_types", "Toutput_types", "Targuments", "Tstate"}) {
    if (!def.FindAttr(attr)) continue;
    const bool captured = std::string_view(attr).starts_with("Ta") || std::string_view(attr) == "Tstate";
    Sweep(op, attr, c, [&](const Tensor& v) { return GoesThrough(op, v, captured); });
  }
  Builder b;
  const Output list = EmptyTensorList(b, kFloat);
  InputList inputs;
  for (const ArgDef& in : def.inputs()) {
    if (in.name == "other_arguments" || in.name == "initial_state") continue;
    if (in.name == "padded_shapes") inputs.push_back(b.Constant(Tensor(std::vector<int64_t>{3})));
    else if (in.name == "padding_values") inputs.push_back(b.Constant(Tensor(0.0f)));
    else inputs.push_back(in.type == kVariant ? list : NumberFor(b, op, in));
  }
  const bool plain = !def.FindAttr("Tstate"), padded = op.starts_with("PaddedBatch");
  const char* types = def.FindAttr("output_types") ? "output_types" : "Toutput_types";
  AttrMap attrs = {{types, std::vector<DType>{kFloat}}, {"output_shapes", std::vector<PartialShape>{{3}}}};
  for (const char* f : {"f", "predicate"}) {
    if (def.FindAttr(f)) attrs[f] = FuncRef{.name = "none", .attrs = {}};
  }
  if (def.FindAttr("serialized_options")) attrs["serialized_options"] = "";
  if (padded) attrs["N"] = 1;
  if (def.FindAttr("Targuments")) attrs["Targuments"] = std::vector<DType>{};
  if (!plain) attrs["Tstate"] = std::vector<DType>{kFloat}, inputs.insert(inputs.begin() + 1, b.Constant(Tensor(0.0f)));
  b.AddNode(op, inputs, attrs, {.name = "op"});
  ExpectRefused(b, c);
}

// Of tensors, of numbers.
void CheckSource(const std::string& op, OpCoverage* c) {
  const bool range = op == "RangeDataset";
  auto make = [&](Builder& b, InputList inputs, DType dtype) {
    return b.Add(op, std::move(inputs),
                 {{range ? "output_types" : "Toutput_types", std::vector<DType>{dtype}},
                  {"output_shapes", std::vector<PartialShape>{PartialShape::Unknown()}}},
                 {.name = "op"});
  };
  if (range) {
    Sweep(op, "output_types", c, [&](const Tensor& v) {
      Builder b;
      const Output made = make(b, {b.Constant(Tensor(int64_t{0})), b.Constant(Tensor(v.shape()[0])),
                                   b.Constant(Tensor(int64_t{1}))}, v.dtype());
      Tensor want = Tensor::Zeros(v.dtype(), {v.shape()[0]});
      DispatchType(v.dtype(), RealTypes{}, [&](auto zero) {
        using T = decltype(zero);
        for (int64_t i = 0; i < want.num_elements(); ++i) want.mutable_data<T>()[i] = static_cast<T>(i);
      });
      return StreamIs(b, made, v.dtype(), {}, want);
    });
  } else {
    Sweep(op, "Toutput_types", c, [&](const Tensor& v) {
      Builder b;
      const Output x = Placeholder(b, v.dtype(), v.shape());
      return StreamIs(b, make(b, {x}, v.dtype()), v.dtype(), {{x, v}}, v);
    });
  }
  Builder b;
  const Output list = EmptyTensorList(b, kFloat);
  if (range) {
    make(b, {list, list, list}, kInt64);
  } else {
    b.AddNode(op, {b.Constant(Tensor(1.0f))}, {{"output_shapes", std::vector<PartialShape>{{3}}}}, {.name = "op"});
  }
  ExpectRefused(b, c);
}

// Each gives a handle that the datasets of its kind take.
void CheckDummy(const std::string& op, OpCoverage* c) {
  const std::string user = op == "DummyMemoryCache" ? "CacheDatasetV2" : "ShuffleDatasetV3";
  c->forward = AllOps().Find(op)->makes_handle() && GoesThrough(user, Tensor(std::vector<float>{1, 2, 3}), false);
}

}  // namespace

SpecialChecks DatasetSpecials() {
  SpecialChecks checks;
  for (const auto& [name, op] : AllOps().ops()) {
    const bool files = name.find("RecordDataset") != name.npos || name.starts_with("TextLineDataset");
    const bool whole = name.find("Cardinality") != name.npos && !name.starts_with("Assert");
    if (!name.ends_with("Dataset") && name.find("DatasetV") == name.npos) continue;
    if (files || whole || name == "ReduceDataset") continue;
    const bool source = name == "TensorDataset" || name == "TensorSliceDataset" || name == "RangeDataset";
    checks[name] = source ? CheckSource : CheckDataset;
  }
  for (const char* dummy : {"DummySeedGenerator", "DummyIterationCounter", "DummyMemoryCache"})
    checks[dummy] = CheckDummy;
  return checks;
}

}  // namespace weir::testing
