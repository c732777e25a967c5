// The row of ShardedFilename; and checkpoints, which no row can describe.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

std::vector<OpRow> IoRows() {
  return {
      NeverEmpty({"ShardedFilename", {Text("model"), Int(1), Int(3)}}),
  };
}

namespace {

// SaveV2 into two prefixes, MergeV2Checkpoints, RestoreV2 of what was saved.
void CheckCheckpoint(const std::string& op, OpCoverage* c) {
  std::string name = fmt::format("weir_special_{}_{}", op, ::getpid());
  std::string folder = (std::filesystem::temp_directory_path() / name).string();
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
    AttrMap dtypes{{"dtypes", std::vector<DType>{v.dtype()}}};
    Output restored = b.Add("RestoreV2", {b.Constant(Tensor(prefix)), names, whole}, dtypes);
    return Gives(b, {}, restored, v, {merge});
  });
  if (op == "MergeV2Checkpoints") c->dtypes = c->dtypes_wanted = 0;
  Builder b;
  Output none = b.Constant(Tensor(folder + "/none"));
  const std::vector<std::string> two = {"a", "b"}, missing = {folder + "/none"};
  const AttrMap dtypes{{"dtypes", std::vector<DType>{kFloat}}};
  Operation bad =
      op == "SaveV2"      ? b.AddNode(op, {none, two, whole, b.Constant(Tensor(1))}, {}, {.name = "op"})
      : op == "RestoreV2" ? b.AddNode(op, {none, names, whole}, dtypes, {.name = "op"})
                          : b.AddNode(op, {missing, none}, {}, {.name = "op"});
  for (bool allowed : {true, false}) {
    if (!bad.valid()) continue;
    Status s = Session(b, {.allow_file_ops = allowed}).Run(bad);
    EXPECT_FALSE(s.ok());
    EXPECT_NE(s.ToString().find("'op'"), std::string::npos) << s.ToString();
  }
  ++c->hostile;
  std::filesystem::remove_all(folder);
}

}  // namespace

SpecialChecks IoSpecials() {
  return {{"SaveV2", CheckCheckpoint}, {"RestoreV2", CheckCheckpoint}, {"MergeV2Checkpoints", CheckCheckpoint}};
}

}  // namespace weir::testing
