// Which tensor of a checkpoint is which variable: the file's own saver, partitioned variables, maps, local variables.
// Files and values are TensorFlow's (tests/data/state/make_state.py).
#include <gtest/gtest.h>

#include <filesystem>

#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/metrics.h"
#include "weir/ops/model/moving_average.h"
#include "weir/ops/registry.h"
#include "weir/ops/model/variables.h"
#include "weir/session/save/checkpoint_reader.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/temp_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

const std::string kData = WEIR_TEST_DATA "/state/";

std::string Fetch(const Session& s, const std::string& name) {
  auto result = s.Run(NamedFeeds{}, {name});
  return result.ok() ? (*result)[0].ToString() : result.status().ToString();
}

std::string Value(const Session& s, const std::string& name) {
  auto value = s.GetVariable(name);
  return value.ok() ? value->ToString() : value.status().message();
}

TEST(CheckpointMap, TheFilesOwnSaverNamesTheVariables) {
  Session s(LoadGraph(kData + "ema_eval.meta").value().graph);
  Status restored = Saver(&s).Restore(kData + "ema");
  ASSERT_TRUE(restored.ok()) << restored.ToString();
  EXPECT_EQ(Fetch(s, "y"), "[2, 3, 4]");  // the averages; the raw values are [3, 4, 5]
  // Saved under the same names, so that it is restored again.
  TempFolder folder;
  std::string saved = Saver(&s).Save(folder / "net").value();
  EXPECT_TRUE(CheckpointReader::Open(saved).value().Has("v/ExponentialMovingAverage"));
}

TEST(CheckpointMap, PartsAreReadIntoOtherNumbersOfParts) {
  Session s(LoadGraph(kData + "parts3.meta").value().graph);
  Status restored = Saver(&s).Restore(kData + "parts");
  ASSERT_TRUE(restored.ok()) << restored.ToString();
  EXPECT_EQ(Fetch(s, "y"), "[[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11], [12, 13]]");
  TempFolder folder;
  CheckpointReader reader = CheckpointReader::Open(Saver(&s).Save(folder / "net").value()).value();
  ASSERT_EQ(reader.List().size(), 1u);
  EXPECT_EQ(reader.List()[0].name, "w");
  EXPECT_EQ(reader.List()[0].parts, 3);
  EXPECT_EQ(reader.List()[0].shape, (Shape{7, 2}));
  EXPECT_EQ(reader.Read("w").value().ToString(), "[[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11], [12, 13]]");
}

TEST(CheckpointMap, PartsAreKnownFromTheCollectionsAlone) {
  LoadedGraph loaded = LoadGraph(kData + "parts3.meta").value();
  MetaGraph meta = *loaded.meta;
  meta.saver.reset();
  loaded.graph.file_info().meta = std::make_shared<const MetaGraph>(meta);
  Session s(loaded.graph);
  Status restored = Saver(&s).Restore(kData + "parts");
  ASSERT_TRUE(restored.ok()) << restored.ToString();
  EXPECT_EQ(Value(s, "w/part_2"), "[[10, 11], [12, 13]]");
}

TEST(CheckpointMap, AMapOfTheCallers) {
  Builder g;
  Variable v(g, {0.0f, 0.0f, 0.0f}, {.name = "v"});
  Operation init = GlobalVariablesInitializer(g);
  ExponentialMovingAverage ema(0.5f);
  Session s(g);
  ASSERT_TRUE(s.Run(init).ok());
  ASSERT_TRUE(Saver(&s, {.names = ema.VariablesToRestore({v})}).Restore(kData + "ema").ok());
  EXPECT_EQ(Value(s, "v"), "[2, 3, 4]");
  ASSERT_TRUE(Saver(&s, {.names = {{"v", v}}}).Restore(kData + "ema").ok());
  EXPECT_EQ(Value(s, "v"), "[3, 4, 5]");
  ASSERT_TRUE(Saver(&s, {.names = {{"v/ExponentialMovingAverage", "v"}}}).Restore(kData + "ema").ok());
  EXPECT_EQ(Value(s, "v"), "[2, 3, 4]");
  Status unknown = Saver(&s, {.names = {{"v", "vv"}}}).Restore(kData + "ema");
  EXPECT_NE(unknown.ToString().find("no variable 'vv'"), std::string::npos) << unknown.ToString();
}

TEST(CheckpointMap, AWrongShapeSaysWhoseIsWhichAndSetsNothing) {
  Builder g;
  Variable a(g, {5.0f, 5.0f, 5.0f}, {.name = "v"});
  Variable b(g, {1.0f, 1.0f}, {.name = "v/ExponentialMovingAverage"});
  Operation init = GlobalVariablesInitializer(g);
  Session s(g);
  ASSERT_TRUE(s.Run(init).ok());
  Status restored = Saver(&s).Restore(kData + "ema");
  EXPECT_NE(restored.ToString().find("the graph's variable 'v/ExponentialMovingAverage' is f32[2], but"),
            std::string::npos)
      << restored.ToString();
  EXPECT_EQ(Value(s, "v"), "[5, 5, 5]");
}

TEST(CheckpointMap, LocalVariablesAreNotSaved) {
  Builder g;
  Variable w(g, 1.0f, {.name = "w"});
  metrics::Auc(ops::Placeholder(g, kBool, {2}), ops::Placeholder(g, kFloat, {2}));
  Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  TempFolder folder;
  Session s(g);
  ASSERT_TRUE(s.Run(init).ok());
  auto saved = Saver(&s).Save(folder / "net");
  ASSERT_TRUE(saved.ok()) << saved.status().ToString();
  EXPECT_EQ(CheckpointReader::Open(*saved).value().List().size(), 1u);
  EXPECT_TRUE(Saver(&s).Restore(*saved).ok());
}

// ---- restore ops that are broken, or not understood

// What is said of the graph by whoever goes by its restore op.
void ExpectBoth(Session* s, const std::string& checkpoint, const std::string& words) {
  TempFolder folder;
  for (const Status& status : {Saver(s).Restore(kData + checkpoint), Saver(s).Save(folder / "net").status()})
    EXPECT_NE(status.ToString().find(words), std::string::npos) << status.ToString();
}

// A Saver keeps variables alone: where the graph's own saver keeps a table, too, a checkpoint would lack it.
TEST(CheckpointMap, ATableIsRefusedByName) {
  Graph g = ParseGraph(
                "file = Const() {value: str[] \"model\"}\n"
                "t = MutableHashTableV2() {key_dtype: str, value_dtype: i64, shared_name: \"words\"}\n"
                "names = Const() {value: str[2] [\"t-keys\", \"t-values\"]}\n"
                "slices = Const() {value: str[2] [\"\", \"\"]}\n"
                "export = LookupTableExportV2(t) {Tkeys: str, Tvalues: i64}\n"
                "save = SaveV2(file, names, slices, export, export:1) {dtypes: [str, i64]}\n"
                "saved = Identity(file, ^save)\n"
                "restored = RestoreV2(file, names, slices) {dtypes: [str, i64]}\n"
                "import = LookupTableImportV2(t, restored, restored:1)\n"
                "restore = NoOp(^import)\n",
                &AllOps())
                .value();
  MetaGraph meta;
  meta.saver = SaverInfo{"file:0", "saved:0", "restore", 5};
  g.file_info().meta = std::make_shared<const MetaGraph>(meta);
  Session s(g);
  ExpectBoth(&s, "ema", "the graph's own saver keeps the table 'words'");
}

// Each node that restores, in turn without its inputs.
TEST(CheckpointMap, AMalformedRestoreOpIsNamed) {
  for (const auto& [file, checkpoint] : {std::pair<std::string, std::string>{"ema_eval", "ema"},
                                         {"tune_ref", "tune"},
                                         {"tune_handle", "tune"},
                                         {"parts3", "parts"}}) {
    const LoadedGraph loaded = LoadGraph(kData + file + ".meta").value();
    const Graph& g = loaded.graph;
    const std::vector<bool> needed = NeededBy(g, {g.Find(loaded.meta->saver->restore_op)});
    int broken = 0;
    for (NodeId id : g.nodes()) {
      if (!needed[id.value] || g[id].inputs().empty()) continue;
      SCOPED_TRACE(file);
      Graph without = g;
      without.SetInputs(id, {}, {}).Check();
      Session s(without, {.threads = 1});
      ExpectBoth(&s, checkpoint, "'" + g[id].name() + "' takes ");
      ++broken;
    }
    EXPECT_GT(broken, 1) << file;
  }
}

// A graph whose own saver's restore op is the node "restore".
Graph WithSaver(const std::string& text) {
  Graph g = ParseGraph(text, &AllOps(), {.infer = false}).value();
  MetaGraph meta;
  meta.saver.emplace().restore_op = "restore";
  g.file_info().meta = std::make_shared<const MetaGraph>(meta);
  return g;
}

constexpr char kRestores[] = R"(
file = Const() {value: str[] "model", dtype: str}
names = Const() {value: str[1] ["v/ExponentialMovingAverage"], dtype: str}
slices = Const() {value: str[1] [""], dtype: str}
r = RestoreV2(file, names, slices) {dtypes: [f32]}
)";
constexpr char kHandle[] = R"(
v = VarHandleOp() {dtype: f32, shape: <3>, shared_name: "v"}
restored = AssignVariableOp(v, value) {dtype: f32}
restore = NoOp(^restored)
)";
constexpr char kReference[] = R"(
v = VariableV2() {dtype: f32, shape: <3>}
restored = Assign(v, value) {T: f32}
restore = NoOp(^restored)
)";

std::string With(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(CheckpointMap, AVariableWithoutAShapeInputIsNamed) {
  const std::string shape =
      "shape = VariableShape() {out_type: i32}\nvalue = Reshape(r, shape) {T: f32, Tshape: i32}\n";
  Session s(WithSaver(kRestores + shape + kHandle), {.threads = 1});
  ExpectBoth(&s, "ema", "VariableShape 'shape' takes 1 inputs, not 0");
}

// Weir must not take the variable's own name instead: that is another tensor of the same shape.
TEST(CheckpointMap, ARestoreOpThatIsNotUnderstoodIsRefused) {
  const std::string plain = "value = Identity(r) {T: f32}\n",
                    cast = "wide = Cast(r) {SrcT: f32, DstT: f64}\nvalue = Cast(wide) {SrcT: f64, DstT: f32}\n";
  struct Row {
    std::string graph, words;
  };
  for (const Row& row :
       {Row{kRestores + cast + kHandle, "AssignVariableOp 'restored' restores 'v' by Cast 'value'"},
        Row{kRestores + cast + kReference, "Assign 'restored' restores 'v' by Cast 'value'"},
        Row{With(kRestores, "names = Const() {value: str[1] [\"v/ExponentialMovingAverage\"], dtype: str}",
                 "names = Placeholder() {dtype: str, shape: <1>}") +
                plain + kHandle,
            "'restored' restores 'v' by RestoreV2 'r', whose names or slices are no constants"},
        Row{With(kRestores, "str[1] [\"\"]", "str[0] []") + plain + kHandle, "whose names or slices are no constants"},
        Row{With(kRestores, "str[1] [\"\"]", "str[1] [\"3 x\"]") + plain + kHandle,
            "'restored' has the malformed slice '3 x'"},
        Row{kRestores + plain + "h = SomeHandle()\nrestored = AssignVariableOp(h, value) {dtype: f32}\nrestore = "
                                "NoOp(^restored)\nv = VarHandleOp() {dtype: f32, shape: <3>, shared_name: \"v\"}\n",
            "AssignVariableOp 'restored' restores what is no variable"}}) {
    SCOPED_TRACE(row.graph);
    Session s(WithSaver(row.graph), {.threads = 1});
    ExpectBoth(&s, "ema", row.words);
    ExpectBoth(&s, "ema", "SaverOptions::names");
    EXPECT_FALSE(s.GetVariable("v").ok());
    Status mapped = Saver(&s, {.names = {{"v/ExponentialMovingAverage", "v"}}}).Restore(kData + "ema");
    EXPECT_TRUE(mapped.ok()) << mapped.ToString();
    EXPECT_EQ(Value(s, "v"), "[2, 3, 4]");
  }
}

TEST(CheckpointMap, WhatTheRestoreOpLeavesOutGoesByItsName) {
  const std::string others = "v2 = VarHandleOp() {dtype: f32, shape: <3>, shared_name: \"v\"}\n"
                             "later = VarHandleOp() {dtype: f32, shape: <3>, shared_name: \"later\"}\n",
                    averages = With(kHandle, "shared_name: \"v\"", "shared_name: \"average\"");
  Session s(WithSaver(std::string(kRestores) + "value = Identity(r) {T: f32}\n" + averages + others), {.threads = 1});
  Status restored = Saver(&s).Restore(kData + "ema");
  ASSERT_TRUE(restored.ok()) << restored.ToString();
  EXPECT_EQ(Value(s, "average"), "[2, 3, 4]");
  EXPECT_EQ(Value(s, "v"), "[3, 4, 5]");
  EXPECT_FALSE(s.GetVariable("later").ok());
}

// As TensorFlow wrote it before RestoreV2. Weir does not have the ops; what they say of the names is known.
TEST(CheckpointMap, OldRestoreOpsNameTheVariablesToo) {
  const std::string names = "file = Const() {value: str[] \"model\", dtype: str}\n"
                            "name = Const() {value: str[] \"v/ExponentialMovingAverage\", dtype: str}\n",
                    slice = "slice = Const() {value: str[] \"\", dtype: str}\nvalue = RestoreSlice(file, name, slice) "
                            "{dt: f32, preferred_shard: -1}\n",
                    whole = "value = Restore(file, name) {dt: f32, preferred_shard: -1}\n";
  for (const std::string& value : {slice, whole}) {
    Session s(WithSaver(names + value + kReference), {.threads = 1});
    Status restored = Saver(&s).Restore(kData + "ema");
    ASSERT_TRUE(restored.ok()) << restored.ToString();
    EXPECT_EQ(Value(s, "v"), "[2, 3, 4]");
  }
}

TEST(CheckpointReader, ListsAndReads) {
  CheckpointReader reader = CheckpointReader::Open(kData + "tune").value();
  std::string names;
  for (const CheckpointTensor& t : reader.List()) names += t.name + t.shape.ToString() + " ";
  EXPECT_EQ(names, "dense/b[2] dense/w[3,2] fixed[] table[4,3] ");
  EXPECT_EQ(reader.Read("fixed").value().ToString(), "2");
  Status missing = reader.Read("dense/k").status();
  EXPECT_NE(missing.ToString().find("did you mean 'dense/"), std::string::npos) << missing.ToString();
  EXPECT_EQ(CheckpointReader::Open(kData + "nothing").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace weir
