// What errors tell a user: the line, whose shape is which, and what would help.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/graph/import.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/registry.h"
#include "weir/ops/model/variables.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

void ExpectSays(const Status& s, std::initializer_list<const char*> texts) {
  EXPECT_FALSE(s.ok());
  for (const char* text : texts) EXPECT_NE(s.ToString().find(text), std::string::npos) << text << "\n" << s.ToString();
}

class Folder : public ::testing::Test {
 protected:
  Folder()
      : folder_(fs::path(::testing::TempDir()) /
                ("messages_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Folder() override { fs::remove_all(folder_); }
  std::string File(const std::string& name) const { return (folder_ / name).string(); }

 private:
  fs::path folder_;
};
using Messages = Folder;

TEST_F(Messages, AFeedOfAnotherDtypeTellsTheLineAndHowToConvert) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 2}, {.name = "x"});
  Output y = ops::Square(x);
  Session session(g);
  Tensor doubles = Tensor::Of<double>({1, 2}, {1, 2});
  const auto texts = {"Placeholder 'x:0' is f32[?,2], but was fed f64[1,2]", "created at",
                      "messages_test.cc:", "convert by a std::vector of float in C++ or .astype('float32') in NumPy"};
  ExpectSays(session.Run(y, {{x, doubles}}).status(), texts);
  ExpectSays(session.Run(NamedFeeds{{"x", doubles}}, {"Square"}).status(), texts);
  Status shape = session.Run(y, {{x, Tensor::Of<float>({3}, {1, 2, 3})}}).status();
  ExpectSays(shape, {"is f32[?,2], but was fed f32[3]", "messages_test.cc:"});
  EXPECT_EQ(shape.help().find("convert"), std::string::npos) << shape.ToString();
}

TEST_F(Messages, SwappedLogitsAndLabelsAreToldSo) {
  for (bool sparse : {true, false}) {
    Builder g;
    Output logits = ops::Placeholder(g, kFloat, {None, 3}, {.name = "net"}),
           labels = ops::Placeholder(g, kInt32, sparse ? PartialShape({None}) : PartialShape({None, 3}),
                                     {.name = "classes"});
    sparse ? ops::SparseSoftmaxCrossEntropyWithLogits(logits, labels)
           : ops::SoftmaxCrossEntropyWithLogits(logits, labels);
    ExpectSays(g.status(), {"has logits 'classes:0' of int32 and labels 'net:0' of float: they are swapped",
                            "messages_test.cc:", "labels come first"});
  }
}

TEST_F(Messages, SwappedLogitsAndLabelsOfALossAreToldSo) {
  for (auto loss : {losses::SoftmaxCrossEntropy, losses::SigmoidCrossEntropy}) {
    Builder g;
    Output logits = ops::Placeholder(g, kFloat, {None, 3}, {.name = "net"}),
           labels = ops::Placeholder(g, kInt32, {None, 3}, {.name = "classes"});
    loss(logits, labels, 0, {});
    ExpectSays(g.status(), {"they are swapped", "messages_test.cc:", "labels come first"});
  }
}

TEST_F(Messages, SwappedLogitsAndLabelsOfAFileAreToldSo) {
  Builder g;
  Output logits = ops::Placeholder(g, kFloat, {4}, {.name = "a"}),
         labels = ops::Placeholder(g, kInt32, {4, 3}, {.name = "b"});
  g.Add("SparseSoftmaxCrossEntropyWithLogits", {logits, labels});
  ExpectSays(g.status(), {"has logits", "and labels", "they are swapped"});
}

TEST_F(Messages, AMissingCheckpointIsCalledSo) {
  Builder g;
  Variable v(ops::Zeros(g, {2}), {.name = "v"});
  Operation init = GlobalVariablesInitializer(g);
  Session session(g);
  session.Run(init).Check();
  Saver saver(&session);
  ExpectSays(saver.Restore(File("model")), {"there is no checkpoint", "model'", "named by its prefix", ".index"});
  saver.Save(File("model"), 7).value();
  ExpectSays(saver.Restore(File("modle-7")), {"there is no checkpoint", "its folder has '", "model-7'"});
}

TEST_F(Messages, ARestoredShapeTellsWhoseItIs) {
  {
    Builder g;
    Variable v(ops::Zeros(g, {3, 2}), {.name = "v"});
    Operation init = GlobalVariablesInitializer(g);
    Session session(g);
    session.Run(init).Check();
    Saver(&session).Save(File("model")).value();
  }
  Builder g;
  Variable v(ops::Zeros(g, {2, 3}), {.name = "v"});
  Session session(g);
  ExpectSays(Saver(&session).Restore(File("model")),
             {"the graph's variable 'v' is f32[2,3], but 'v' of the checkpoint '", "model' is f32[3,2]"});
}

TEST_F(Messages, GitLfsPointersAreNamedWhereverTheyStand) {
  Builder g;
  Variable v(ops::Zeros(g, {2}), {.name = "v"});
  Operation init = GlobalVariablesInitializer(g);
  Session session(g);
  session.Run(init).Check();
  Saver saver(&session);
  saver.Save(File("model")).value();
  auto point = [&](const std::string& name) {
    std::ofstream(File(name)) << "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
  };
  point("model.data-00000-of-00001");
  ExpectSays(saver.Restore(File("model")), {"model.data-00000-of-00001' is a pointer of Git LFS", "git lfs pull"});
  point("model.index");
  ExpectSays(saver.Restore(File("model")), {"model.index' is a pointer of Git LFS"});
  point("x.npy"), point("x.npz"), point("g.pb");
  ExpectSays(io::ReadNpy(File("x.npy")).status(), {"x.npy' is a pointer of Git LFS"});
  ExpectSays(io::ReadNpz(File("x.npz")).status(), {"x.npz' is a pointer of Git LFS"});
  ExpectSays(LoadGraph(File("g.pb"), &AllOps()).status(), {"g.pb' is a pointer of Git LFS"});
}

}  // namespace
}  // namespace weir
