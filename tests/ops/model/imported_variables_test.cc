// Variables of graphs that files brought: found, in their collections, differentiated and trained as TensorFlow does it
// (tests/data/state/make_state.py), whether reference or handle.
#include <gtest/gtest.h>

#include "weir/graph/export.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/ops/model/keep_for_tensorflow.h"

namespace weir {
namespace {

const std::string kData = WEIR_TEST_DATA "/state/";

std::string Names(const std::vector<Variable>& variables) {
  std::string names;
  for (const Variable& v : variables) names += v.name() + (v.is_reference() ? "& " : " ");
  return names;
}

class Imported : public testing::TestWithParam<std::string> {
 protected:
  std::string File() const { return kData + "tune_" + GetParam() + ".meta"; }
};

INSTANTIATE_TEST_SUITE_P(Kinds, Imported, testing::Values("ref", "handle"),
                         [](const auto& info) { return info.param; });

TEST_P(Imported, ShapesAreInferredAndCollectionsFilled) {
  Builder g(LoadGraph(File()));
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(g.FindOutput("out:0").shape().rank(), 2);
  EXPECT_EQ(g.FindOutput("out:0").shape()[1], 2);
  const std::string mark = GetParam() == "ref" ? "&" : "";
  EXPECT_EQ(Names(TrainableVariables(g)), "table" + mark + " dense/w" + mark + " dense/b" + mark + " ");
  EXPECT_EQ(Names(GlobalVariables(g)), Names(TrainableVariables(g)) + "fixed" + mark + " ");
  EXPECT_EQ(Names(LocalVariables(g)), "count" + mark + " ");
  Variable w = FindVariable(g, "dense/w");
  ASSERT_TRUE(w.valid());
  EXPECT_EQ(w.shape(), (PartialShape{3, 2}));
  EXPECT_EQ(w.dtype(), kFloat);
  EXPECT_TRUE(w.trainable());
  EXPECT_FALSE(FindVariable(g, "fixed").trainable());
  EXPECT_EQ(w.initializer().name(), "dense/w/Assign");
}

TEST_P(Imported, TrainsAsTensorFlowDoes) {
  const auto want = io::ReadNpz(kData + "losses.npz").value();
  const std::map<std::string, std::function<std::unique_ptr<Optimizer>()>> optimizers = {
      {"sgd", [] { return std::make_unique<GradientDescentOptimizer>(0.1f); }},
      {"momentum", [] { return std::make_unique<MomentumOptimizer>(0.1f, 0.9f); }},
      {"adam", [] { return std::make_unique<AdamOptimizer>(0.1f); }},
      {"rmsprop", [] { return std::make_unique<RMSPropOptimizer>(0.01f); }}};
  for (const auto& [name, make] : optimizers) {
    SCOPED_TRACE(name);
    Builder g(LoadGraph(File()));
    Output loss = g.FindOutput("loss:0");
    Operation train = make()->Minimize(loss);
    Operation init = GlobalVariablesInitializer(g);
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    Session s(g);
    ASSERT_TRUE(s.Run(init).ok());
    // The file's saver lists what the file had: the slots keep their first values.
    Status restored = Saver(&s).Restore(kData + "tune");
    ASSERT_TRUE(restored.ok()) << restored.ToString();
    Feeds feeds = {{g.FindOutput("rows:0"), {0, 2, 2}}, {g.FindOutput("target:0"), {{1, 0}, {0, 1}, {0.5, 0.5}}}};
    const std::string key = name + "/" + GetParam() + "/";
    KeepForTensorFlow("tuned_" + name + "_" + GetParam(), g.graph(),
                      {{"feed/rows:0", Tensor::Vector(std::vector<int32_t>{0, 2, 2})},
                       {"feed/target:0", Tensor::Of<float>({3, 2}, {1, 0, 0, 1, 0.5, 0.5})},
                       {"train/" + train.name(), want.at(key + "losses")}});
    for (int i = 0; i < 5; ++i) {
      // Loss and update in one run: the loss is of the variables before it.
      auto got = s.Run({loss}, feeds, {train});
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      EXPECT_NEAR((*got)[0].scalar<float>(), want.at(key + "losses").data<float>()[i], 2e-6) << i;
    }
    for (const char* variable : {"table", "dense/w", "dense/b"}) {
      Tensor value = s.GetVariable(variable).value();
      for (int i = 0; i < value.num_elements(); ++i)
        EXPECT_NEAR(value.data<float>()[i], want.at(key + variable).data<float>()[i], 5e-6) << variable << " " << i;
    }
  }
}

TEST_P(Imported, ReadAssignedAndDifferentiatedLikeOthers) {
  Builder g(LoadGraph(File()));
  Variable w = FindVariable(g, "dense/w"), table = FindVariable(g, "table");
  Output sum = ops::ReduceSum(ops::Square(w) * 3.0f);
  Output dw = Gradients({sum}, {w.handle()})[0];
  Output rows = table.Gather({1, 3});
  Operation add = ops::AssignAdd(w, ops::Multiply(w, 0.0f) + 1.0f), set = ops::Assign(w, ops::Multiply(w, 0.0f) + 2.0f);
  Operation row = ops::ScatterUpdate(table, {0}, {{7, 8, 9}});
  Output asked = ops::IsVariableInitialized(w);
  Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g);
  EXPECT_EQ(s.Run(asked).value().ToString(), "false");
  ASSERT_TRUE(s.Run(init).ok());
  EXPECT_EQ(s.Run(asked).value().ToString(), "true");
  ASSERT_TRUE(s.Run(set).ok());
  ASSERT_TRUE(s.Run(add).ok());
  EXPECT_EQ(s.Run(w).value().ToString(), "[[3, 3], [3, 3], [3, 3]]");
  EXPECT_EQ(s.Run(dw).value().ToString(), "[[18, 18], [18, 18], [18, 18]]");
  ASSERT_TRUE(s.Run(row).ok());
  EXPECT_EQ(s.Run(rows).value().shape(), (Shape{2, 3}));
  EXPECT_EQ(s.Run(table.Read()).status().code(), Code::kFailedPrecondition);  // added after the session was made
  ASSERT_TRUE(s.Extend(g).ok());
  EXPECT_EQ(s.GetVariable("table").value().data<float>()[0], 7);
}

TEST_P(Imported, WhatWasBuiltOnItIsReadAgain) {
  Builder g(LoadGraph(File()));
  AdamOptimizer().Minimize(g.FindOutput("loss:0"));
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Builder again(ImportGraphDef(ExportGraphDef(g.graph()).value(), &AllOps()).value());
  // A bare GraphDef: every variable is global, and trainable if of floats.
  const std::string mark = GetParam() == "ref" ? "&" : "";
  EXPECT_NE(Names(GlobalVariables(again)).find("dense/w/Adam_1" + mark), std::string::npos)
      << Names(GlobalVariables(again));
  EXPECT_EQ(GlobalVariables(again).size(), TrainableVariables(again).size());
}

TEST(ImportedVariables, AFileThatIsNoneIsTheBuildersError) {
  Builder g(LoadGraph(kData + "nothing.meta"));
  EXPECT_EQ(g.status().code(), Code::kNotFound);
  EXPECT_FALSE(FindVariable(g, "w").valid());
}

// A mistyped name is never passed over, whatever is done with what was not found.
TEST(ImportedVariables, AMistypedNameIsTheBuildersError) {
  Builder g(LoadGraph(kData + "tune_ref.meta"));
  const Variable missing = FindVariable(g, "dense/W");
  EXPECT_FALSE(missing.valid());
  const std::string text = g.status().ToString();
  EXPECT_NE(text.find("there is no variable 'dense/W'"), std::string::npos) << text;
  EXPECT_NE(text.find("'dense/w'"), std::string::npos) << text;
}

TEST(ImportedVariables, WhatIsInvalidIsRefusedByWhoGetsIt) {
  auto refused = [](const std::function<void(Builder&)>& build) {
    Builder g;
    build(g);
    return !g.status().ok() && !g.status().help().empty();
  };
  EXPECT_TRUE(refused([](Builder& g) { Group(g, {Operation()}); }));
  EXPECT_TRUE(refused([](Builder& g) { VariablesInitializer(g, {Variable()}); }));
  EXPECT_TRUE(refused([](Builder& g) { auto after = g.ControlDependencies({Operation()}); }));
  EXPECT_TRUE(refused([](Builder& g) {
    Variable w(g, 1.0f, {.name = "w"});
    GradientDescentOptimizer(0.1f).Minimize(ops::Square(w), {.var_list = {Variable()}});
  }));
}

TEST(ImportedVariables, ComplexOnesAreNotTrained) {
  Builder g;
  Variable v(g, Tensor(Complex64(1, 2)), {.name = "v"});
  GradientDescentOptimizer(0.1f).Minimize(ops::Abs(v), {.var_list = {v}});
  EXPECT_NE(g.status().ToString().find("cannot train 'v', which is complex64"), std::string::npos)
      << g.status().ToString();
}

TEST(ImportedVariables, TheGlobalStepIsInItsCollection) {
  Builder g;
  const Variable step = GetOrCreateGlobalStep(g);
  ASSERT_EQ(VariableCollection(g, collection::kGlobalStep).size(), 1u);
  EXPECT_EQ(GetOrCreateGlobalStep(g).handle().endpoint(), step.handle().endpoint());
  EXPECT_EQ(VariableCollection(g, collection::kGlobalStep).size(), 1u);
}

TEST(ImportedVariables, AReferenceIsNotChangedInsideOfALoop) {
  Builder g(LoadGraph(kData + "tune_ref.meta"));
  Variable b = FindVariable(g, "dense/b");
  WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], 3); },
      [&](const Outputs& v) {
        ops::AssignAdd(b, {1, 1});
        return Outputs{v[0] + 1};
      },
      {0});
  EXPECT_NE(g.status().ToString().find("'dense/b' is a reference variable"), std::string::npos)
      << g.status().ToString();
}

}  // namespace
}  // namespace weir
