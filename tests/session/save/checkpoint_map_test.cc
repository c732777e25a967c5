// Which tensor of a checkpoint is which variable: the file's own saver, partitioned variables, maps, local variables.
// Files and values are TensorFlow's (tests/data/state/make_state.py).
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "weir/graph/import.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/metrics.h"
#include "weir/ops/model/moving_average.h"
#include "weir/ops/registry.h"
#include "weir/ops/model/variables.h"
#include "weir/session/save/checkpoint_reader.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

const std::string kData = WEIR_TEST_DATA "/state/";

struct TempFolder {
  TempFolder() : path(fs::temp_directory_path() / ("weir_map_" + std::to_string(std::random_device()()))) {
    fs::create_directories(path);
  }
  ~TempFolder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  fs::path path;
};

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
