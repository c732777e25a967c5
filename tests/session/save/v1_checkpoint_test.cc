// Checkpoints of TensorFlow's old V1 format, whole and in shards, read and written; and those of TensorFlow 2, whose
// tensors are called by objects. Files and values are TensorFlow's (tests/data/state/make_state.py).
#include <gtest/gtest.h>

#include <map>

#include "weir/graph/import.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/variables.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/npy.h"
#include "weir/runtime/io/v1_checkpoint.h"
#include "weir/session/save/checkpoint_reader.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/temp_folder.h"

namespace weir {
namespace {

const std::string kData = WEIR_TEST_DATA "/state/";

TEST(V1Checkpoint, ReadsWhatTensorFlowWrote) {
  const auto expected = io::ReadNpz(kData + "old.npz").value();
  for (const char* file : {"old.ckpt", "old_shards.ckpt", "old_shards.ckpt-?\?\?\?\?-of-00003"}) {
    auto reader = io::BundleReader::Open(kData + file);
    ASSERT_TRUE(reader.ok()) << reader.status().ToString();
    EXPECT_TRUE(reader->is_v1());
    EXPECT_TRUE(reader->VerifyAll().ok());
    size_t found = 0;
    for (const auto& [name, want] : expected) {
      if (name == "wide" && !reader->Find("wide")) continue;
      auto got = reader->Read(name);
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      EXPECT_TRUE(got->Identical(want)) << name << ": " << *got << " instead of " << want;
      ++found;
    }
    EXPECT_EQ(reader->entries().size(), found);
  }
}

TEST(V1Checkpoint, AGraphOfThatTimeSavesAndRestores) {
  TempFolder folder;
  Session s(LoadGraph(kData + "old.meta").value().graph, {.allow_file_ops = true});
  auto expected = io::ReadNpz(kData + "old.npz").value();
  const Tensor from(kData + "old.ckpt"), to(folder / "again");
  ASSERT_TRUE(s.Run({{"save/Const:0", from}}, {}, {"save/restore_all"}).ok());
  ASSERT_TRUE(s.Run({{"save/Const:0", to}}, {"save/control_dependency:0"}).ok());
  auto reader = io::BundleReader::Open(folder / "again").value();
  for (const auto& [name, want] : expected) {
    if (name == "wide") continue;
    EXPECT_TRUE(s.GetVariable(name).value().Identical(want)) << name;
    EXPECT_TRUE(reader.Read(name).value().Identical(want)) << name;
  }
  EXPECT_EQ(io::ReadFile(folder / "again").value(), io::ReadFile(kData + "old.ckpt").value()) << "the same bytes";
  Session by_saver(LoadGraph(kData + "old.meta").value().graph);
  ASSERT_TRUE(Saver(&by_saver).Restore(kData + "old_shards.ckpt").ok());
  EXPECT_EQ(by_saver.GetVariable("scalar").value().ToString(), "3.5");
}

TEST(V1Checkpoint, PartsAreWrittenAndReadAsOne) {
  TempFolder folder;
  io::V1Writer writer;
  const Shape full({3, 2});
  const Tensor upper = Tensor::Of<float>({2, 2}, {1, 2, 3, 4});
  writer.AddSlice("w", full, {{0, 0}, {2, 2}}, upper).Check();
  EXPECT_FALSE(writer.AddSlice("w", full, {{0, 0}, {2, 2}}, upper).ok()) << "twice";
  EXPECT_FALSE(writer.AddSlice("w", full, {{2, 0}, {2, 2}}, upper).ok()) << "outside";
  EXPECT_FALSE(writer.AddSlice("w", full, {{2, 0}, {1, 2}}, Tensor::Of<int64_t>({1, 2}, {5, 6})).ok()) << "int64";
  writer.Finish(folder / "half").Check();
  Status lacks = io::BundleReader::Open(folder / "half").value().Read("w").status();
  EXPECT_EQ(lacks.code(), Code::kDataLoss) << lacks.ToString();
  writer.AddSlice("w", full, {{2, 0}, {1, 2}}, Tensor::Of<float>({1, 2}, {5, 6})).Check();
  writer.Finish(folder / "whole").Check();
  EXPECT_EQ(io::BundleReader::Open(folder / "whole").value().Read("w").value().ToString(), "[[1, 2], [3, 4], [5, 6]]");
}

TEST(V1Checkpoint, DamageIsAnErrorOrHarmless) {
  TempFolder folder;
  const std::string sound = io::ReadFile(kData + "old.ckpt").value();
  const auto expected = io::ReadNpz(kData + "old.npz").value();
  for (size_t i = 0; i < sound.size(); i += 7) {
    std::string bytes = sound;
    bytes[i] ^= static_cast<char>(1 << (i % 8));
    io::WriteFile(folder / "c", bytes).Check();
    auto reader = io::BundleReader::Open(folder / "c");
    for (const auto& [name, want] : expected) {
      if (!reader.ok() || !reader->Find(name)) continue;
      auto got = reader->Read(name);
      EXPECT_TRUE(!got.ok() || got->Identical(want)) << "byte " << i << ": " << name;
    }
    io::WriteFile(folder / "c", sound.substr(0, i)).Check();
    EXPECT_FALSE(io::BundleReader::Open(folder / "c").ok()) << "cut at " << i;
  }
}

TEST(V1Checkpoint, AShardThatIsNotThereIsMissed) {
  TempFolder folder;
  for (const char* shard : {"old_shards.ckpt-00000-of-00003", "old_shards.ckpt-00002-of-00003"})
    io::WriteFile(folder / shard, io::ReadFile(kData + shard).value()).Check();
  EXPECT_EQ(io::BundleReader::Open(folder / "old_shards.ckpt").status().code(), Code::kNotFound);
  EXPECT_FALSE(io::CheckpointExists(folder / "old_shards.ckpt"));
}

// A graph of TensorFlow 1 restores what a model of TensorFlow 2 saved, by the names that its variables had there.
TEST(ObjectCheckpoint, VariablesAreFoundByTheirNames) {
  auto expected = io::ReadNpz(kData + "objects.npz").value();
  Builder g;
  std::map<std::string, std::string> names;
  for (const auto& [name, value] : expected)
    Variable(g, Tensor::AllocateZeros(value.dtype(), value.shape()).value(), {.name = name});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g);
  Status restored = Saver(&s, {.random_states = false}).Restore(kData + "objects");
  ASSERT_TRUE(restored.ok()) << restored.ToString();
  for (const auto& [name, value] : expected) EXPECT_TRUE(s.GetVariable(name).value().Identical(value)) << name;
}

// ---- restoring in part

struct Models {
  Models() {
    Builder before;
    Variable(before, {1.0f, 2.0f}, {.name = "old/w"}), Variable(before, 3.0f, {.name = "old/b"});
    Variable(before, {4.0f}, {.name = "step"});
    Operation start = GlobalVariablesInitializer(before);
    Session s(before);
    s.Run(start).Check();
    path = Saver(&s).Save(folder / "net").value();
    Variable(g, {0.0f, 0.0f}, {.name = "new/w"}), Variable(g, 0.0f, {.name = "new/b"});
    Variable(g, {0.0f, 0.0f}, {.name = "step"});
    init = GlobalVariablesInitializer(g);
  }
  TempFolder folder;
  std::string path;
  Builder g;
  Operation init;
};

TEST(RestorePartial, SaysWhatWasLeft) {
  Models m;
  Session s(m.g);
  s.Run(m.init).Check();
  EXPECT_FALSE(Saver(&s).Restore(m.path).ok());
  const RestoreReport none = Saver(&s).RestorePartial(m.path).value();
  EXPECT_TRUE(none.restored.empty());
  ASSERT_EQ(none.missing.size(), 2u);
  EXPECT_EQ(none.missing[0].variable, "new/w");
  EXPECT_EQ(none.missing[0].why, "it has 'old/w'");
  ASSERT_EQ(none.other.size(), 1u);
  EXPECT_NE(none.other[0].why.find("'step' is f32[2], but 'step' of the checkpoint"), std::string::npos);
  EXPECT_EQ(none.unused, (std::vector<std::string>{"old/b", "old/w"}));
  EXPECT_NE(none.ToString().find("0 variables restored\nthe checkpoint lacks 'new/w' (it has 'old/w')\n"),
            std::string::npos)
      << none.ToString();
  const RestoreReport mapped = Saver(&s, {.names = {{"old/w", "new/w"}}}).RestorePartial(m.path).value();
  EXPECT_EQ(mapped.restored, std::vector<std::string>{"new/w"});
  EXPECT_EQ(s.GetVariable("new/w").value().ToString(), "[1, 2]");
}

TEST(InitFromCheckpoint, OfVariablesAndScopes) {
  Models m;
  Session s(m.g);
  s.Run(m.init).Check();
  auto set = InitFromCheckpoint(s, m.path, {{"old/", "new/"}});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  EXPECT_EQ(*set, (std::vector<std::string>{"new/w", "new/b"}));
  EXPECT_EQ(s.GetVariable("new/b").value().ToString(), "3");
  s.Run(m.init).Check();
  EXPECT_EQ(InitFromCheckpoint(s, m.path, {{"old/b", "new/b"}}).value(), std::vector<std::string>{"new/b"});
  EXPECT_EQ(s.GetVariable("new/w").value().ToString(), "[0, 0]");
}

TEST(InitFromCheckpoint, ErrorsNameWhatIsThere) {
  Models m;
  Session s(m.g);
  s.Run(m.init).Check();
  auto message = [&](const std::map<std::string, std::string>& assignment) {
    return InitFromCheckpoint(s, m.path, assignment).status().ToString();
  };
  EXPECT_NE(message({{"old/", "mew/"}}).find("the graph has no variable 'mew/'"), std::string::npos);
  EXPECT_NE(message({{"old/ww", "new/w"}}).find("'old/ww': it has 'old/w'"), std::string::npos)
      << message({{"old/ww", "new/w"}});
  EXPECT_NE(message({{"old/", "new/w"}}).find("a scope to a scope"), std::string::npos);
  EXPECT_NE(message({{"old/", "new/"}, {"step", "step"}}).find("'step' is f32[2]"), std::string::npos);
  EXPECT_EQ(s.GetVariable("new/w").value().ToString(), "[0, 0]") << "nothing is set after an error";
}

TEST(Saver, KeepsOneOfEachSoManyHours) {
  TempFolder folder;
  Builder g;
  Variable(g, 1.0f, {.name = "v"});
  Operation init = GlobalVariablesInitializer(g);
  Session s(g);
  s.Run(init).Check();
  Saver never(&s, {.max_to_keep = 1}), always(&s, {.max_to_keep = 1, .keep_checkpoint_every_n_hours = 1e-9});
  for (int step = 1; step <= 2; ++step) never.Save(folder / "net", step).value();
  EXPECT_FALSE(io::CheckpointExists(folder / "net-1"));
  for (int step = 3; step <= 5; ++step) always.Save(folder / "net", step).value();
  never.Save(folder / "net", 6).value();
  for (int step : {2, 3, 4, 6}) EXPECT_TRUE(io::CheckpointExists(folder / ("net-" + std::to_string(step)))) << step;
  EXPECT_FALSE(io::CheckpointExists(folder / "net-5"));
}

}  // namespace
}  // namespace weir
