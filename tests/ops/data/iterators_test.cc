// Checks of iterators, of files and of what walks through a dataset, which no row can describe.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/input_data.h"
#include "weir/ops/queue/queue.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/record.h"
#include "weir/tests/ops/data/streams.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

using namespace ops;

AttrMap Typed(DType dtype, const char* attr = "output_types") {
  return {{attr, std::vector<DType>{dtype}}, {"output_shapes", std::vector<PartialShape>{PartialShape::Unknown()}}};
}

// An element goes through an iterator that `op` has to do with.
bool GoesThrough(const std::string& op, const Tensor& v) {
  Builder b;
  const Output x = Placeholder(b, v.dtype(), v.shape());
  const Output dataset = b.Add("TensorDataset", {x}, Typed(v.dtype(), "Toutput_types"));
  AttrMap attrs = Typed(v.dtype());
  attrs["shared_name"] = "it", attrs["container"] = "";
  Output handle = b.Add(op == "Iterator" ? op : "IteratorV2", {}, attrs), result;
  const Operation begin = b.AddNode("MakeIterator", {dataset, handle});
  if (op.starts_with("IteratorFromString")) {
    // What IteratorToStringHandle would give.
    handle = b.Add(op, {b.Constant(Tensor("iterator 0 it"))}, Typed(v.dtype()));
  }
  if (op == "DatasetToSingleElement") {
    result = b.Add(op, {dataset}, Typed(v.dtype()));
  } else if (op == "IteratorGetNextAsOptional") {
    result = b.Add("OptionalGetValue", {b.Add(op, {handle}, Typed(v.dtype()))}, Typed(v.dtype()));
  } else {
    result = b.Add(op.starts_with("IteratorGetNext") ? op : "IteratorGetNext", {handle}, Typed(v.dtype()));
  }
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  return b.status().ok() && Gives(b, {{x, v}}, result, v, {begin});
}

bool IsShot(const Tensor& v) {
  Builder b;
  const HeldBody make = *DefineHeld(b, "make", {}, [&](const Outputs&) {
    Builder& body = *Builder::Innermost(&b);
    return Outputs{body.Add("TensorDataset", {body.Constant(v)}, Typed(v.dtype(), "Toutput_types"))};
  });
  AttrMap attrs = Typed(v.dtype());
  attrs["dataset_factory"] = make.function;
  const Output next = b.Add("IteratorGetNext", {b.Add("OneShotIterator", {}, attrs)}, Typed(v.dtype()));
  return Gives(b, {}, next, v);
}

// The last element, as a state that began as the first one; and what was captured is captured.
bool IsReduced(const Tensor& v, bool captured) {
  Builder b;
  const Output x = Placeholder(b, v.dtype(), v.shape());
  const Dataset input = Dataset::FromTensors(b, {x}).Concatenate(Dataset::FromTensors(b, {x}));
  const Output result = input.Reduce({x}, [&](const Outputs& a) { return Outputs{captured ? Identity(x) : a[1]}; })[0];
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  return b.status().ok() && Gives(b, {{x, v}}, result, v);
}

void CheckIterator(const std::string& op, OpCoverage* c) {
  const OpDef& def = *AllOps().Find(op);
  auto holds = [&](const Tensor& v) { return op == "OneShotIterator" ? IsShot(v) : GoesThrough(op, v); };
  if (op == "ReduceDataset") {
    for (const char* attr : {"Targuments", "Tstate", "output_types"})
      Sweep(op, attr, c, [&](const Tensor& v) { return IsReduced(v, attr[1] == 'a'); });
  } else if (def.FindAttr("output_types")) {
    Sweep(op, "output_types", c, holds);
  } else {
    c->forward = holds(Tensor::Zeros(kFloat, {2})), c->empty = holds(Tensor::Zeros(kFloat, {0}));
  }
  Builder b;
  const Output queue = FifoQueue(b, {kFloat}), number = b.Constant(Tensor(1.0f));
  AttrMap attrs;
  if (def.FindAttr("output_types")) attrs = Typed(kFloat);
  if (def.FindAttr("shared_name")) attrs["shared_name"] = "", attrs["container"] = "";
  if (def.FindAttr("Tstate")) attrs["Tstate"] = std::vector<DType>{kFloat}, attrs["Targuments"] = std::vector<DType>{};
  for (const char* f : {"f", "dataset_factory"}) {
    if (def.FindAttr(f)) attrs[f] = FuncRef{.name = "none", .attrs = {}};
  }
  if (def.makes_handle()) attrs["output_shapes"] = std::vector<PartialShape>{};
  InputList inputs;
  for (const ArgDef& in : def.inputs()) {
    if (in.type == kResource) inputs.push_back(queue);
    else if (in.type == kString) inputs.push_back(b.Constant(Tensor("no iterator")));
    else if (in.name != "other_arguments") inputs.push_back(number);
  }
  b.AddNode(op, inputs, attrs, {.name = "op"});
  ExpectRefused(b, c);
}

void CheckCardinality(const std::string& op, OpCoverage* c) {
  Builder b;
  const Dataset numbers = Dataset::Range(b, int64_t{0}, int64_t{7});
  auto of = [&](const Dataset& d) { return b.Add(op, {d.output()}); };
  const Dataset unknown = numbers.FlatMap([](const Outputs& e) {
    return Dataset::FromTensors(*e[0].builder(), {e[0]});
  });
  const auto all = Stack({of(numbers), of(numbers.Repeat()), of(numbers.Batch(int64_t{2})), of(unknown)});
  c->forward = Gives(b, {}, all, Tensor(std::vector<int64_t>{7, -1, 4, -2}));
  c->empty = Gives(b, {}, of(numbers.Take(int64_t{0})), Tensor(int64_t{0}));
  Builder g;
  g.Add(op, {g.Constant(Tensor(1.0f))}, {}, {.name = "op"});
  ExpectRefused(g, c);
}

void CheckToString(const std::string& op, OpCoverage* c) {
  Builder b;
  const Iterator it = Dataset::Range(b, int64_t{0}, int64_t{3}).MakeInitializableIterator("it");
  c->forward = Gives(b, {}, it.StringHandle(), Tensor("iterator 0 it"));
  Builder g;
  g.Add(op, {FifoQueue(g, {kFloat})}, {}, {.name = "op"});
  ExpectRefused(g, c);
}

// ---- files

struct TemporaryFile {
  TemporaryFile() : path(fmt::format("{}/weir_data_{}", std::filesystem::temp_directory_path().string(), ::getpid())) {}
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string path;
};

void CheckFiles(const std::string& op, OpCoverage* c) {
  const TemporaryFile file;
  if (op.starts_with("TFRecord")) {
    RecordWriter writer = RecordWriter::Open(file.path).value();
    for (const char* record : {"one", "two"}) writer.Write(record).Check();
    writer.Close().Check();
  } else {
    std::ofstream(file.path, std::ios::binary) << (op.starts_with("Text") ? "one\ntwo\n" : "onetwo");
  }
  Builder b;
  const Output path = Placeholder(b, kString, PartialShape::Unknown());
  InputList inputs = {path};
  for (const ArgDef& in : AllOps().Find(op)->inputs()) {
    if (in.name == "filenames") continue;
    if (in.type == kString) inputs.push_back(b.Constant(Tensor("")));
    else inputs.push_back(b.Constant(Tensor(int64_t{in.name == "record_bytes" ? 3 : 0})));
  }
  const Output made = b.Add(op, inputs, {}, {.name = "op"});
  c->forward = StreamIs(b, made, kString, {{path, Tensor(file.path)}}, Tensor(std::vector<std::string>{"one", "two"}));
  c->may_be_empty = true;
  c->empty = StreamIs(b, made, kString, {{path, Tensor::Of<std::string>({0}, {})}}, Tensor::Of<std::string>({0}, {}));
  const Output count = b.Add("DatasetCardinality", {made});
  const Status refused = Session(b).Run(count, {{path, Tensor(file.path)}}).status();
  EXPECT_EQ(refused.code(), Code::kPermissionDenied) << refused.ToString();
  ++c->hostile;
}

}  // namespace

SpecialChecks IteratorSpecials() {
  SpecialChecks checks;
  for (const auto& [name, op] : AllOps().ops()) {
    if (name.find("RecordDataset") != name.npos || name.starts_with("TextLineDataset")) checks[name] = CheckFiles;
    if (name.find("DatasetCardinality") != name.npos) checks[name] = CheckCardinality;
    if (name.starts_with("Iterator") || name.ends_with("Iterator")) checks[name] = CheckIterator;
  }
  for (const char* op : {"DatasetToSingleElement", "ReduceDataset"}) checks[op] = CheckIterator;
  checks["IteratorToStringHandle"] = CheckToString;
  return checks;
}

}  // namespace weir::testing
