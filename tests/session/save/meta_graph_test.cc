// MetaGraphDefs with a saver: trained on from, here and in TensorFlow (tests/oracle/check_saved.py), and imported.
#include "weir/session/save/meta_graph.h"

#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/import_graph.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/model/optimizers.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/out_folder.h"

namespace weir {
namespace {

struct Model {
  explicit Model(bool reference) {
    g.SetSeed(3);
    x = ops::Placeholder(g, kFloat, {kUnknownDim, 3}, {.name = "x"});
    y = ops::Placeholder(g, kFloat, {kUnknownDim, 2}, {.name = "y"});
    Variable scale(g, {1.0f, 2.0f}, {.name = "scale", .reference = reference});
    Output out = ops::Multiply(layers::Dense(layers::Dense(x, 4, {.name = "hidden"}), 2, {.name = "out"}), scale);
    loss = ops::Identity(losses::MeanSquaredError(y, out), {.name = "loss"});
    train = AdamOptimizer(0.05f).Minimize(loss, {.name = "train"});
    init = GlobalVariablesInitializer(g);
  }
  Builder g;
  Output x, y, loss;
  Operation train, init;
};

const Tensor kX = Tensor::Of<float>({2, 3}, {1, 0, -1, 0.5f, 2, 1}), kY = Tensor::Of<float>({2, 2}, {1, 0, 0, 1});

// The losses before each of three steps.
Tensor Losses(Session& s) {
  std::vector<float> losses;
  for (int i = 0; i < 3; ++i) {
    auto loss = s.Run({{"x", kX}, {"y", kY}}, {"loss"});
    EXPECT_TRUE(loss.ok()) << loss.status().ToString();
    losses.push_back((*loss)[0].scalar<float>());
    EXPECT_TRUE(s.Run({{"x", kX}, {"y", kY}}, {}, {"train"}).ok());
  }
  return Tensor(losses);
}

TEST(MetaGraphs, AreTrainedOnFrom) {
  for (bool reference : {false, true}) {
    Model m(reference);
    Session s(m.g);
    ASSERT_TRUE(m.g.status().ok()) << m.g.status().ToString();
    s.Run(m.init).Check();
    Losses(s);
    const std::string prefix = OutFolder() + (reference ? "/trained_ref" : "/trained");
    const Status written = SaveMetaGraph(m.g, prefix + ".meta");
    ASSERT_TRUE(written.ok()) << written.ToString();
    EXPECT_FALSE(m.g.graph().Find("save/restore_all").valid()) << "the program's own graph stays as it was";
    const std::string path = Saver(&s).Save(prefix).value();
    const Tensor want = Losses(s);
    io::WriteNpz(prefix + ".npz", {{"x", kX}, {"y", kY}, {"losses", want}}).Check();

    Session again(LoadGraph(prefix + ".meta").value().graph);
    Saver(&again).Restore(path).Check();
    EXPECT_TRUE(Losses(again).Identical(want));
    // By the file's own nodes, as TensorFlow does.
    Session by_nodes(LoadGraph(prefix + ".meta").value().graph, {.allow_file_ops = true});
    by_nodes.Run({{"save/filename/input", Tensor(path)}}, {}, {"save/restore_all"}).status().Check();
    EXPECT_TRUE(Losses(by_nodes).Identical(want));
  }
}

TEST(MetaGraphs, ASaverThatKnowsAllIsKept) {
  Model m(false);
  const std::string path = OutFolder() + "/kept.meta";
  SaveMetaGraph(m.g, path).Check();
  const LoadedGraph first = LoadGraph(path).value();
  ASSERT_TRUE(first.meta->saver);
  Builder again(first);
  SaveMetaGraph(again, path).Check();
  EXPECT_EQ(LoadGraph(path).value().graph.num_nodes(), first.graph.num_nodes());
  Variable(again, 1.0f, {.name = "later"});
  SaveMetaGraph(again, path).Check();
  const LoadedGraph second = LoadGraph(path).value();
  EXPECT_NE(second.meta->saver->restore_op, first.meta->saver->restore_op) << "one that knows the new variable, too";
  SaveMetaGraph(m.g, path, {.saver = false}).Check();
  EXPECT_FALSE(LoadGraph(path).value().meta->saver);
}

TEST(MetaGraphs, AreImportedUnderAScope) {
  Model m(false);
  Session s(m.g);
  s.Run(m.init).Check();
  const std::string prefix = OutFolder() + "/scoped";
  SaveMetaGraph(m.g, prefix + ".meta").Check();
  const std::string path = Saver(&s).Save(prefix).value();
  const float want = s.Run(m.loss, {{m.x, kX}, {m.y, kY}}).value().scalar<float>();

  Builder g;
  Output x = ops::Placeholder(g, kFloat, {kUnknownDim, 3});
  ImportedGraph net = ImportMetaGraph(g, prefix + ".meta", {.prefix = "net", .input_map = {{"x:0", x}}});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(TrainableVariables(g).size(), 5u);
  Session into(g);
  Saver(&into, {.names = net.Variables()}).Restore(path).Check();
  EXPECT_EQ(into.Run(net.output("loss"), {{x, kX}, {net.output("y"), kY}}).value().scalar<float>(), want);
  Builder none;
  EXPECT_FALSE(ImportMetaGraph(none, prefix + ".nothing").valid());
  EXPECT_EQ(none.status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace weir
