// Saver: a resumed run goes on bit for bit; retention; damaged checkpoints are passed over.
#include "weir/session/save/saver.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/ops/math/math.h"
#include "weir/ops/random/random.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"
#include "weir/tests/temp_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// w += random, a step.
struct Walk {
  Walk() {
    g.SetSeed(7);
    w = Variable(g, {0.0f, 0.0f}, {.name = "w"});
    step = ops::AssignAdd(w, ops::RandomUniform(g, {2}));
    init = GlobalVariablesInitializer(g);
  }
  Builder g;
  Variable w;
  Operation step, init;
};

std::string Value(const Session& s) { return s.GetVariable("w").value().ToString(); }

TEST(Saver, AResumedRunGoesOnBitForBit) {
  Walk walk;
  ASSERT_TRUE(walk.g.status().ok()) << walk.g.status().ToString();
  TempFolder folder;
  Session a(walk.g), b(walk.g);
  ASSERT_TRUE(a.Run(walk.init).ok());
  ASSERT_TRUE(a.Run(walk.step).ok());
  std::string path = Saver(&a).Save(folder / "net", 1).value();
  EXPECT_EQ(path, folder / "net-1");
  ASSERT_TRUE(a.Run(walk.step).ok());
  ASSERT_TRUE(Saver(&b).Restore(path).ok());
  ASSERT_TRUE(b.Run(walk.step).ok());
  EXPECT_EQ(Value(a), Value(b));
}

TEST(Saver, KeepsTheNewestAndForgetsTheRest) {
  Walk walk;
  TempFolder folder;
  Session s(walk.g);
  ASSERT_TRUE(s.Run(walk.init).ok());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(s.Run(walk.step).ok());
    ASSERT_TRUE(
        Saver(&s, {.max_to_keep = 2}).Save(folder / "net", i).ok());  // a new saver each time, as after restarts
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fs::exists(folder / ("net-" + std::to_string(i) + ".index")), i >= 3) << i;
  EXPECT_EQ(LatestCheckpoint(folder.path).value(), folder / "net-4");
}

TEST(Saver, ADamagedCheckpointIsPassedOver) {
  Walk walk;
  TempFolder folder;
  Session s(walk.g);
  ASSERT_TRUE(s.Run(walk.init).ok());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Saver(&s).Save(folder / "net", i).ok());
  std::ofstream(folder / "net-1.data-00000-of-00001", std::ios::in | std::ios::out).put('!');
  std::vector<std::string> skipped;
  EXPECT_EQ(LatestCheckpoint(folder.path, &skipped).value(), folder / "net-0");
  EXPECT_EQ(skipped.size(), 1u);
  EXPECT_EQ(Saver(&s).Restore(folder / "net-1").code(), Code::kDataLoss);
}

TEST(Saver, ErrorsNameTheVariable) {
  Walk walk;
  TempFolder folder;
  Session s(walk.g);
  EXPECT_NE(Saver(&s).Save(folder / "net").status().message().find("'w'"), std::string::npos);
  Builder other;
  Variable v(other, 1.0f, {.name = "v"});
  Operation init = GlobalVariablesInitializer(other);
  Session t(other);
  Status initialised = t.Run(init);
  ASSERT_TRUE(initialised.ok()) << initialised.ToString();
  std::string path = Saver(&t).Save(folder / "net").value();
  EXPECT_NE(Saver(&s).Restore(path).ToString().find("'w'"), std::string::npos);
}

}  // namespace
}  // namespace weir
