// Coverage of the ops that no row can describe: placeholders, variables themselves, calls, branches, loops, checkpoints.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "weir/ops/model/control_flow.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/ops/coverage.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

Tensor Sample(DType t, std::initializer_list<int64_t> dims) { return ValuesOf({"Identity", {In(dims)}}, t)[0]; }

// Whether running gives `want` for every way to run.
bool Gives(const Builder& b, const Feeds& feeds, const Output& y, const Tensor& want, const std::vector<Operation>& before = {}) {
  for (bool optimize : {true, false}) {
    Session session(b, {.threads = 2, .optimize = optimize, .allow_file_ops = true});
    for (Operation op : before) {
      Status s = session.Run(op, feeds);
      EXPECT_TRUE(s.ok()) << s.ToString();
    }
    Result<Tensor> got = session.Run(y, feeds);
    EXPECT_TRUE(got.ok()) << got.status().ToString();
    if (!got.ok() || !got->Identical(want)) return false;
  }
  return true;
}

// Sweeps the dtypes of an attribute and an empty tensor through `holds`.
void Sweep(const std::string& op, const std::string& attr, OpCoverage* c, const std::function<bool(const Tensor&)>& holds) {
  c->may_be_empty = true;
  for (DType t : ListedDTypes(op, attr)) {
    bool good = holds(Sample(t, {2, 3}));
    EXPECT_TRUE(good) << op << " of " << DTypeName(t);
    ++c->dtypes_wanted, c->dtypes += good;
  }
  c->forward = c->dtypes > 0 && c->dtypes == c->dtypes_wanted;
  c->empty = holds(Sample(kFloat, {0, 3}));
}

void ExpectRefused(const Builder& b, OpCoverage* c) {
  EXPECT_FALSE(b.status().ok());
  EXPECT_NE(b.status().ToString().find("'op'"), std::string::npos) << b.status().ToString();
  ++c->hostile;
}

void CheckPlaceholder(const std::string& op, OpCoverage* c) {
  Sweep(op, "dtype", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add(op, {}, {{"dtype", v.dtype()}, {"shape", v.shape()}}, {.name = "op"});
    return Gives(b, {{x, v}}, b.Add("Identity", {x}), v);
  });
  Builder b;
  Output x = b.Add(op, {}, {{"dtype", kFloat}, {"shape", Shape({2})}}, {.name = "op"});
  Session session(b);
  for (const Result<Tensor>& r : {session.Run(x), session.Run(x, {{x, Tensor(1)}}), session.Run(x, {{x, Tensor::Of<float>({3}, {1, 2, 3})}})}) {
    ASSERT_FALSE(r.ok());
    EXPECT_NE(r.status().ToString().find("op"), std::string::npos) << r.status().ToString();
    ++c->hostile;
  }
}

void CheckVariable(const std::string& op, OpCoverage* c) {
  Sweep(op, "dtype", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add(op, {}, {{"dtype", v.dtype()}, {"shape", v.shape()}}, {.name = "op"});
    Operation assign = b.AddNode("Assign", {x, b.Constant(v)});
    return Gives(b, {}, b.Add("Identity", {x}), v, {assign});
  });
  Builder b;
  Output x = b.Add(op, {}, {{"dtype", kFloat}, {"shape", Shape({2})}}, {.name = "op"});
  Output read = b.Add("Identity", {x});  // before the session takes its snapshot
  Result<Tensor> unset = Session(b).Run(read);
  ASSERT_FALSE(unset.ok());
  EXPECT_NE(unset.status().ToString().find("op"), std::string::npos);
  ++c->hostile;
}

void CheckCall(const std::string& op, OpCoverage* c) {
  auto call = [&](Builder& b, DType declared, Output x) {
    FuncRef f = DefineFunction(b, "same", {declared}, [](const Outputs& v) { return Outputs{Make("Identity", {v[0]})}; });
    return b.Add(op, {x}, {{"f", f}, {"Tout", std::vector<DType>{declared}}}, {.name = "op"});
  };
  Sweep(op, "Tin", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    return Gives(b, {{x, v}}, call(b, v.dtype(), x), v);
  });
  Builder b;
  call(b, kFloat, b.Constant(Tensor(1)));
  ExpectRefused(b, c);
}

void CheckBranch(const std::string& op, OpCoverage* c) {
  auto branch = [&](Builder& b, DType declared, Output pred, Output x) {
    auto zeros = [](const Outputs& v) { return Outputs{Make("Reshape", {Make("Identity", {v[0]}), Make("Shape", {v[0]})})}; };
    FuncRef yes = DefineFunction(b, "yes", {declared}, [](const Outputs& v) { return Outputs{Make("Identity", {v[0]})}; });
    FuncRef no = DefineFunction(b, "no", {declared}, zeros);
    return b.Add(op, {pred, x}, {{"then_branch", yes}, {"else_branch", no}, {"Tout", std::vector<DType>{declared}}}, {.name = "op"});
  };
  Sweep(op, "Tout", c, [&](const Tensor& v) {
    bool good = true;
    for (bool taken : {true, false}) {
      Builder b;
      Output pred = b.Add("Placeholder", {}, {{"dtype", kBool}}), x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
      good = good && Gives(b, {{pred, taken}, {x, v}}, branch(b, v.dtype(), pred, x), v);
    }
    return good;
  });
  Builder b;
  branch(b, kFloat, b.Constant(Tensor(true)), b.Constant(Tensor(1)));
  ExpectRefused(b, c);
}

void CheckLoop(const std::string& op, OpCoverage* c) {
  auto loop = [&](Builder& b, DType declared, Output x) {
    FuncRef more = DefineFunction(b, "more", {kInt32, declared}, [](const Outputs& v) { return Outputs{Make("Less", {v[0], 3})}; });
    FuncRef step = DefineFunction(b, "step", {kInt32, declared}, [](const Outputs& v) { return Outputs{Make("AddV2", {v[0], 1}), Make("Identity", {v[1]})}; });
    return b.OutputOf(b.AddNode(op, {b.Constant(Tensor(0)), x}, {{"cond", more}, {"body", step}}, {.name = "op"}), 1);
  };
  Sweep(op, "T", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    return Gives(b, {{x, v}}, loop(b, v.dtype(), x), v);
  });
  Builder b;
  loop(b, kFloat, b.Constant(Tensor(1)));
  ExpectRefused(b, c);
}

// SaveV2 into two prefixes, MergeV2Checkpoints, RestoreV2 of what was saved.
void CheckCheckpoint(const std::string& op, OpCoverage* c) {
  std::string folder = (std::filesystem::temp_directory_path() / fmt::format("weir_special_{}_{}", op, ::getpid())).string();
  std::filesystem::create_directories(folder);
  const std::vector<std::string> names = {"v"}, whole = {""};
  Sweep(op == "MergeV2Checkpoints" ? "SaveV2" : op, "dtypes", c, [&](const Tensor& v) {
    Builder b;
    std::string prefix = fmt::format("{}/{}_{}", folder, DTypeName(v.dtype()), v.num_elements());
    Operation save = b.AddNode("SaveV2", {b.Constant(Tensor(prefix + "_part")), names, whole, b.Constant(v)});
    Operation merge;
    {
      auto after = b.ControlDependencies({save});
      merge = b.AddNode("MergeV2Checkpoints", {std::vector<std::string>{prefix + "_part"}, b.Constant(Tensor(prefix))});
    }
    Output restored = b.Add("RestoreV2", {b.Constant(Tensor(prefix)), names, whole}, {{"dtypes", std::vector<DType>{v.dtype()}}});
    return Gives(b, {}, restored, v, {merge});
  });
  if (op == "MergeV2Checkpoints") c->dtypes = c->dtypes_wanted = 0;
  Builder b;
  Output none = b.Constant(Tensor(folder + "/none"));
  Operation bad = op == "SaveV2"      ? b.AddNode(op, {none, std::vector<std::string>{"a", "b"}, whole, b.Constant(Tensor(1))}, {}, {.name = "op"})
                  : op == "RestoreV2" ? b.AddNode(op, {none, names, whole}, {{"dtypes", std::vector<DType>{kFloat}}}, {.name = "op"})
                                      : b.AddNode(op, {std::vector<std::string>{folder + "/none"}, none}, {}, {.name = "op"});
  for (bool allowed : {true, false}) {
    if (!bad.valid()) continue;
    Status s = Session(b, {.allow_file_ops = allowed}).Run(bad);
    EXPECT_FALSE(s.ok());
    EXPECT_NE(s.ToString().find("'op'"), std::string::npos) << s.ToString();
  }
  ++c->hostile;
  std::filesystem::remove_all(folder);
}

const std::map<std::string, void (*)(const std::string&, OpCoverage*)>& Specials() {
  static const std::map<std::string, void (*)(const std::string&, OpCoverage*)> specials = {
      {"Placeholder", CheckPlaceholder}, {"PlaceholderV2", CheckPlaceholder}, {"Variable", CheckVariable}, {"VariableV2", CheckVariable},
      {"PartitionedCall", CheckCall}, {"StatefulPartitionedCall", CheckCall}, {"If", CheckBranch}, {"StatelessIf", CheckBranch},
      {"While", CheckLoop}, {"StatelessWhile", CheckLoop}, {"SaveV2", CheckCheckpoint}, {"RestoreV2", CheckCheckpoint},
      {"MergeV2Checkpoints", CheckCheckpoint}};
  return specials;
}

std::vector<std::string> SpecialOps() {
  std::vector<std::string> ops;
  for (const auto& [op, check] : Specials()) ops.push_back(op);
  return ops;
}

class SpecialOpRows : public ::testing::TestWithParam<std::string> {};

TEST_P(SpecialOpRows, Hold) {
  OpCoverage coverage;
  coverage.differentiable = static_cast<bool>(AllOps().Find(GetParam())->gradient());
  Specials().at(GetParam())(GetParam(), &coverage);
  CheckCoverageLine(GetParam(), coverage.Line(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Ops, SpecialOpRows, ::testing::ValuesIn(SpecialOps()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weir::testing
