// The variables of layers: names and sharing in scopes as TensorFlow has them, collections, regularisers, errors.
#include <gtest/gtest.h>

#include <functional>

#include "weir/ops/array/array.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/model/losses.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::Fill;
using golden::Grid;

// The program of `scopes` in make_helpers.py.
TEST(LayerVariables, AreNamedAndSharedAsTensorFlows) {
  Builder g;
  Output x = g.Constant(Grid({2, 4})), image = g.Constant(Grid({1, 3, 3, 1}));
  auto dense = [&](const std::string& name = "", Reuse reuse = Reuse::kInherit) {
    layers::Dense(x, 4, {.use_bias = false, .reuse = reuse, .name = name});
  };
  dense(), dense(), dense("mine"), dense("mine", Reuse::kExisting), dense("dense_3"), dense(), dense();
  layers::Conv2D(image, 1, 1), layers::Conv2D(image, 1, 1);
  for (Reuse reuse : {Reuse::kInherit, Reuse::kExisting, Reuse::kAuto}) {
    auto net = VariableScope(g, "net", {.reuse = reuse});
    dense(), dense();
    if (reuse == Reuse::kAuto) dense();
    else {
      auto part = VariableScope(g, "part");
      dense();
    }
  }
  {
    auto other = VariableScope(g, "other");
    {
      auto net = VariableScope(g, "net");
      dense();
    }
    GetVariable(g, "w", {2});
  }
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(golden::NamesOf(GlobalVariables(g)), golden::Names("layers/scopes"));
}

TEST(LayerVariables, AreNotTrainedOnDemand) {
  Builder g;
  Output x = g.Constant(Grid({2, 4}));
  layers::Dense(x, 3, {.trainable = false});
  layers::BatchNormalization(x, {.trainable = false});
  layers::Embedding(ops::Constant(g, {1}), 2, 2, {.trainable = false});
  EXPECT_EQ(GlobalVariables(g).size(), 7u);
  EXPECT_TRUE(TrainableVariables(g).empty());
}

TEST(LayerVariables, AreRegularized) {
  Builder g;
  Output x = g.Constant(Grid({2, 3}));
  layers::Dense(x, 2,
                {.kernel_initializer = Fill,
                 .bias_initializer = Fill,
                 .kernel_regularizer = ops::L1L2Regularizer(.5, .25),
                 .bias_regularizer = ops::L1Regularizer(2)});
  Output total = losses::GetRegularizationLoss(g);
  double want = 0;
  for (double w : golden::Flat(Grid({3, 2}, 5))) want += .5 * std::abs(w) + .25 * w * w / 2;
  for (double b : golden::Flat(Grid({2}, 5))) want += 2 * std::abs(b);
  EXPECT_EQ(losses::GetRegularizationLosses(g).size(), 2u);
  golden::ExpectNear(golden::Flat(golden::Started(g).Run(total).value()), {want});
}

TEST(LayerVariables, RefuseWhatCannotBe) {
  struct Row {
    const char* what;
    Reuse reuse;
    std::vector<int64_t> units;  // of layers of one name
    const char* error;
  };
  const Row rows[] = {
      {"one name twice", Reuse::kInherit, {2, 2}, "variable 'd/kernel' exists already"},
      {"one name twice, on demand", Reuse::kNew, {2, 2}, "variable 'd/kernel' exists already"},
      {"to share what is not", Reuse::kExisting, {2}, "variable 'd/kernel' does not exist"},
      {"to share another shape", Reuse::kAuto, {2, 3}, "but f32[3,3] is asked for"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Builder g;
    Output x = g.Constant(Grid({2, 3}));
    for (int64_t units : row.units) layers::Dense(x, units, {.reuse = row.reuse, .name = "d"});
    golden::ExpectError(g.status(), row.error);
  }
}

}  // namespace
}  // namespace weir
