// The rows of names of shards; and files, which no row can describe.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "weir/ops/array/array.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"
#include "weir/tests/temp_folder.h"

namespace weir::testing {

std::vector<OpRow> IoRows() {
  return {
      NeverEmpty({"ShardedFilename", {Text("model"), Int(1), Int(3)}}),
      NeverEmpty({"ShardedFilespec", {Text("model"), Int(3)}}),
  };
}

namespace {

// A folder that is there while this lives.
struct TestFolder {
  explicit TestFolder(const std::string& op)
      : path((std::filesystem::temp_directory_path() / fmt::format("weir_special_{}_{}", op, ::getpid())).string()) {
    std::filesystem::create_directories(path);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

// Whether running the node is refused, and says which.
void ExpectRefusedRun(const Builder& b, const Operation& node, bool allowed) {
  Status s = Session(b, {.allow_file_ops = allowed}).Run(node);
  EXPECT_FALSE(s.ok());
  EXPECT_NE(s.ToString().find("'op'"), std::string::npos) << s.ToString();
}

// WriteFile into a new folder, ReadFile of it, MatchingFiles.
void CheckFiles(const std::string& op, OpCoverage* c) {
  const TestFolder folder(op);
  Builder b;
  auto text = [&](const std::string& t) { return b.Constant(Tensor(t)); };
  Operation write = b.AddNode("WriteFile", {text(folder.path + "/new/a.txt"), text("bytes")});
  Operation hidden = b.AddNode("WriteFile", {text(folder.path + "/new/.b[c]"), text("")});
  Output read = b.Add("ReadFile", {text(folder.path + "/new/a.txt")});
  EXPECT_TRUE(Gives(b, {}, read, Tensor("bytes"), {write, hidden}));
  auto matches = [&](const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
    std::vector<std::string> from, to;
    for (const std::string& p : patterns) from.push_back(folder.path + p);
    for (const std::string& n : names) to.push_back(folder.path + n);
    EXPECT_TRUE(Gives(b, {}, b.Add("MatchingFiles", {b.Constant(Tensor::Vector(from))}), Tensor::Vector(to)));
  };
  matches({"/*/?.txt", "/new/a*", "/none/*", "/n[!e]w/*"}, {"/new/a.txt", "/new/a.txt"});
  matches({"/new/*"}, {"/new/.b[c]", "/new/a.txt"});
  matches({"/new/.b\\[c]", "/n*", "/new/["}, {"/new", "/new/.b[c]"});
  matches({"/new/a.txt", "/new/b"}, {"/new/a.txt"});
  matches({"/x*"}, {});
  c->forward = true;
  c->empty = c->may_be_empty = op == "MatchingFiles";
  Operation bad = op == "MatchingFiles" ? b.AddNode(op, {text("*")}, {}, {.name = "op"})
                  : op == "ReadFile"    ? b.AddNode(op, {text(folder.path + "/none")}, {}, {.name = "op"})
                                        : b.AddNode(op, {text(folder.path), text("")}, {}, {.name = "op"});
  if (op != "MatchingFiles") ExpectRefusedRun(b, bad, true);
  ExpectRefusedRun(b, bad, false);
  ++c->hostile;
}

// SaveV2 into two prefixes, MergeV2Checkpoints, RestoreV2 of what was saved.
void CheckCheckpoint(const std::string& op, OpCoverage* c) {
  const TestFolder made(op);
  const std::string& folder = made.path;
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
    if (bad.valid()) ExpectRefusedRun(b, bad, allowed);
  }
  ++c->hostile;
}

// Save and Restore, or SaveSlices and RestoreSlice of a whole tensor and of its first row.
void CheckV1(const std::string& op, OpCoverage* c) {
  TempFolder folder;
  const bool slices = op == "SaveSlices" || op == "RestoreSlice", saves = op.starts_with("Save");
  const std::vector<std::string> names = {"v"}, whole = {""};
  auto save = [&](Builder& b, const std::string& path, const Output& v, const AttrMap& attrs = {}) {
    std::vector<Output> inputs = {b.Constant(Tensor(path)), b.Constant(Tensor::Vector(names))};
    if (slices) inputs.push_back(b.Constant(Tensor::Vector(whole)));
    inputs.push_back(v);
    return b.AddNode(slices ? "SaveSlices" : "Save", inputs, attrs, {.name = "op"});
  };
  auto restore = [&](Builder& b, const std::string& path, DType dtype, const std::string& slice = "") {
    std::vector<Output> inputs = {b.Constant(Tensor(path)), b.Constant(Tensor("v"))};
    if (slices) inputs.push_back(b.Constant(Tensor(slice)));
    return b.Add(slices ? "RestoreSlice" : "Restore", inputs, {{"dt", dtype}}, {.name = "op"});
  };
  Sweep(op, saves ? "T" : "dt", c, [&](const Tensor& v) {
    const std::string path = folder / fmt::format("{}_{}", DTypeName(v.dtype()), v.num_elements());
    Builder b;
    Operation saved = save(b, path, b.Constant(v));
    if (!Gives(b, {}, restore(b, path, v.dtype()), v, {saved})) return false;
    if (!slices || v.rank() != 2 || v.num_elements() == 0) return true;
    Builder row;
    const std::string first = fmt::format("{} {} 0,1:-", v.shape()[0], v.shape()[1]);
    Output part = ops::Slice(row.Constant(v), {0, 0}, {1, -1});
    const Tensor want = Session(row).Run(part).value();
    return Gives(row, {}, restore(row, path, v.dtype(), first), want);
  });
  Builder b;
  Output value = b.Constant(Tensor(1.0f));
  if (saves) save(b, folder / "no/such/folder", value);
  else restore(b, folder / "none", kFloat);
  for (bool allowed : {true, false}) {
    Status s = Session(b, {.allow_file_ops = allowed}).Run({}, {}, {"op"}).status();
    EXPECT_FALSE(s.ok());
    EXPECT_NE(s.ToString().find("'op'"), std::string::npos) << s.ToString();
  }
  ++c->hostile;
}

}  // namespace

SpecialChecks IoSpecials() {
  return {{"SaveV2", CheckCheckpoint}, {"RestoreV2", CheckCheckpoint}, {"MergeV2Checkpoints", CheckCheckpoint},
          {"Save", CheckV1},           {"Restore", CheckV1},           {"SaveSlices", CheckV1},
          {"RestoreSlice", CheckV1},   {"ReadFile", CheckFiles},       {"WriteFile", CheckFiles},
          {"MatchingFiles", CheckFiles}};
}

}  // namespace weir::testing
