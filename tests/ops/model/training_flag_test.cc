// `training` of batch normalisation and dropout as a scalar that is fed: each run does what a layer built for it does,
// gradients, moving averages and random numbers included.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/graph/export.h"
#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::Fill;
using golden::Flat;
using golden::Grid;

struct NormCase {
  const char* name;
  Shape shape;
  int axis;
};
const NormCase kNorms[] = {{"of_rank_2", {4, 3}, 1}, {"of_rank_3", {2, 3, 4}, 1}, {"fused", {2, 2, 2, 3}, 3}};

Output Normalized(const Output& x, int axis, layers::Training training) {
  return layers::BatchNormalization(x, {.axis = axis,
                                        .momentum = .9,
                                        .epsilon = .01,
                                        .beta_initializer = Fill,
                                        .gamma_initializer = Fill,
                                        .training = training,
                                        .name = "batch_normalization"});
}

Output Flag(Builder& g) { return ops::Placeholder(g, kBool, PartialShape::Scalar(), {.name = "training"}); }

TEST(TrainingFlag, BatchNormalizationAsTensorFlows) {
  const std::map<std::string, Tensor> composed = io::ReadNpz(WEIR_TEST_DATA "/composed.npz").value();
  for (const NormCase& c : kNorms) {
    SCOPED_TRACE(c.name);
    const std::string key = std::string("batch_normalization_") + c.name;
    Builder g;
    Output flag = Flag(g), x = g.Constant(Grid(c.shape, 1)), y = Normalized(x, c.axis, flag);
    std::vector<Output> xs = {x};
    std::vector<std::string> names = {"x"};
    for (const Variable& v : TrainableVariables(g)) xs.push_back(v.handle()), names.push_back(v.name());
    std::vector<Output> fetches = Gradients({ops::ReduceSum(y * Grid(c.shape, 3))}, xs);
    fetches.push_back(y);
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    EXPECT_EQ(y.shape().ToString(), PartialShape(c.shape.dims()).ToString());
    golden::Started s(g);
    auto off = s.Run(fetches, {{flag, false}}).value(), on = s.Run(fetches, {{flag, true}}).value();
    golden::ExpectNear(on.back(), golden::Get("layers/" + key + "/y"));
    golden::ExpectPacked("layers/" + key + "/gradients", 0, [&](const std::string& name) {
      return on[size_t(std::find(names.begin(), names.end(), name) - names.begin())];
    });
    golden::ExpectNear(off.back(), composed.at(key + "/y"));
    golden::ExpectNear(off[0], composed.at(key + "/g0"));
  }
}

TEST(TrainingFlag, AveragesMoveWhileTrainingOnly) {
  for (const NormCase& c : kNorms) {
    SCOPED_TRACE(c.name);
    const std::string key = std::string("layers/batch_normalization_") + c.name + "/training";
    Builder g;
    Output flag = Flag(g), x = ops::Placeholder(g, kFloat, PartialShape(c.shape.dims()));
    Normalized(x, c.axis, flag);
    Operation update = Group(g, OperationCollection(g, collection::kUpdateOps));
    golden::Started s(g);
    auto expect = [&](int row) {
      golden::ExpectPacked(key, row, [&](const std::string& name) { return s.GetVariable(name).value(); });
    };
    Tensor strange = Grid(c.shape).Clone().value();
    strange.mutable_data<float>()[1] = NAN;
    for (int i = 0; i < 3; ++i) {
      if (i > 0) s.Run(update, {{flag, true}, {x, Grid(c.shape, 1)}}).Check();
      expect(i);
      // Not even by a batch whose statistics are no numbers.
      s.Run(update, {{flag, false}, {x, strange}}).Check();
      expect(i);
    }
  }
}

TEST(TrainingFlag, DropoutAsTensorFlows) {
  for (const char* name : {"dropout", "dropout_of_rows"}) {
    SCOPED_TRACE(name);
    const std::string key = std::string("layers/") + name;
    Builder g;
    g.SetSeed(9);
    Output flag = Flag(g), x = g.Constant(Grid({4, 5}, 1));
    layers::DropoutOptions o{.training = flag, .seed = 3};
    if (std::string(name).ends_with("rows")) o.noise_shape = Input({4, 1});
    Output y = layers::Dropout(x, .4, o), dx = Gradients({ops::ReduceSum(y * Grid({4, 5}, 3))}, {x})[0];
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    EXPECT_EQ(y.shape().ToString(), "[4,5]");
    golden::Started s(g);
    // Runs without training draw no number: the first one that trains gives TensorFlow's first.
    for (int i = 0; i < 2; ++i) {
      auto off = s.Run({y, dx}, {{flag, false}}).value();
      EXPECT_EQ(Flat(off[0]), Flat(Grid({4, 5}, 1)));
      EXPECT_EQ(Flat(off[1]), Flat(Grid({4, 5}, 3)));
    }
    auto on = s.Run({y, dx}, {{flag, true}}).value();
    golden::ExpectNear(on[0], golden::Get(key + "/y"));
    golden::ExpectPacked(key + "/gradients", 0, [&](const std::string&) { return on[1]; });
    EXPECT_NE(Flat(s.Run(y, {{flag, true}}).value()), Flat(on[0]));
  }
}

// Two layers draw numbers of their own; batches may have any size; what follows knows the last size.
TEST(TrainingFlag, DropoutsOfOneModel) {
  Builder g;
  Output flag = Flag(g), x = ops::Placeholder(g, kFloat, {None, 100});
  Output a = layers::Dropout(x, .5, {.training = flag}), b = layers::Dropout(x, .5, {.training = flag});
  Output dense = layers::Dense(a, 3);
  ASSERT_TRUE(dense.valid()) << g.status().ToString();
  golden::Started s(g);
  for (int64_t batch : {1, 4}) {
    auto got =
        s.Run({a, b, dense}, {{flag, true}, {x, Tensor::Of<float>({batch, 100}, std::vector<float>(batch * 100, 1))}})
            .value();
    EXPECT_NE(Flat(got[0]), Flat(got[1]));
    EXPECT_EQ(got[2].shape(), Shape({batch, 3}));
  }
}

Output Model(const Output& x, layers::Training training) {
  Output y = layers::Conv2D(x, 4, 3, {.padding = "same", .use_bias = false, .kernel_initializer = Fill});
  y = ops::Relu(layers::BatchNormalization(y, {.momentum = .5, .training = training}));
  y = layers::BatchNormalization(layers::Flatten(y), {.momentum = .5, .training = training});
  return layers::Dense(layers::Dropout(y, .25, {.training = training, .seed = 3}), 1, {.kernel_initializer = Fill});
}

// A network with one flag trains as the one built for training and then answers as the one built for answers.
TEST(TrainingFlag, OneNetworkForBoth) {
  const Tensor images = Grid({6, 4, 4, 1}), wanted = golden::Part({6, 1});
  auto train = [&](Builder& g, const Output& x, const Output& y) {
    Output loss = losses::MeanSquaredError(wanted, y);
    auto after = g.ControlDependencies(OperationCollection(g, collection::kUpdateOps));
    (void)x;
    return MomentumOptimizer(.05, .9).Minimize(loss);
  };
  Builder fixed, both;
  fixed.SetSeed(5), both.SetSeed(5);
  Output x1 = ops::Placeholder(fixed, kFloat, {None, 4, 4, 1}), x2 = ops::Placeholder(both, kFloat, {None, 4, 4, 1}),
         flag = Flag(both);
  Output y1 = Model(x1, true), y2 = Model(x2, flag);
  Operation t1 = train(fixed, x1, y1), t2 = train(both, x2, y2);
  golden::Started s1(fixed), s2(both);
  for (int step = 0; step < 4; ++step) {
    s1.Run(t1, {{x1, images}}).Check();
    s2.Run(t2, {{x2, images}, {flag, true}}).Check();
    s2.Run(y2, {{x2, images}, {flag, false}}).value();
  }
  for (const Variable& v : GlobalVariables(fixed)) {
    SCOPED_TRACE(v.name());
    golden::ExpectNear(s2.GetVariable(v.name()).value(), s1.GetVariable(v.name()).value(), 1e-5);
  }
  Builder answers;
  Output x3 = ops::Placeholder(answers, kFloat, {None, 4, 4, 1}), y3 = Model(x3, false);
  golden::Started s3(answers);
  for (const Variable& v : GlobalVariables(answers)) s3.SetVariable(v.name(), s2.GetVariable(v.name()).value()).Check();
  golden::ExpectNear(s2.Run(y2, {{x2, images}, {flag, false}}).value(), s3.Run(y3, {{x3, images}}).value());
}

// With the flag compiled in, a run without training computes no statistics of the batch.
TEST(TrainingFlag, OnlyTheChosenSideIsComputed) {
  Builder g;
  Output flag = Flag(g), x = ops::Placeholder(g, kFloat, {2, 3, 3, 4}),
         y = layers::BatchNormalization(x, {.training = flag});
  golden::Started s(g);
  auto plan = s.ExplainPlan({{flag.name(), Tensor(false)}, {x.name(), Grid({2, 3, 3, 4})}}, {y.name()});
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_EQ(plan->find("Select"), std::string::npos) << *plan;
}

}  // namespace
}  // namespace weir
