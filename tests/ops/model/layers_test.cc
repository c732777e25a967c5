// Layers: outputs, gradients and moving averages, held to TensorFlow's results; errors. Their variables:
// layer_variables_test.cc.
#include "weir/ops/model/layers.h"

#include <gtest/gtest.h>

#include <functional>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::ExpectError;
using golden::Fill;
using golden::Grid;
using golden::Part;

const Activation kRelu = [](Output x) { return ops::Relu(x); }, kTanh = [](Output x) { return ops::Tanh(x); };

layers::BatchNormalizationOptions Normalized(int axis, bool training) {
  return {.axis = axis, .momentum = .9, .epsilon = .01, .beta_initializer = Fill, .gamma_initializer = Fill,
          .training = training, .reuse = Reuse::kAuto, .name = "batch_normalization"};
}

Output Net(const Output& x) {
  Output y = layers::Conv2D(
      x, 3, 3, {.padding = "same", .activation = kRelu, .kernel_initializer = Fill, .bias_initializer = Fill});
  y = layers::Flatten(layers::MaxPooling(y, 2, 2));
  y = layers::Dense(y, 4, {.activation = kTanh, .kernel_initializer = Fill, .bias_initializer = Fill});
  return layers::Dense(y, 2, {.kernel_initializer = Fill, .bias_initializer = Fill});
}

Output WithEmbedding(const Output& x) {
  Output ids = ops::Constant(*x.builder(), {{4, 0, 4}, {1, 2, 4}});
  return ops::ExpandDims(x, 2) * 2.0 + layers::Embedding(ids, 5, 2, {.embeddings_initializer = Fill});
}

// As `layers` of make_helpers.py; the graph's seed is 9.
struct Case {
  const char* name;
  Shape shape;
  std::function<Output(const Output& x)> make;
};
const Case kCases[] = {
    {"dense",
     {3, 5},
     [](const Output& x) {
       return layers::Dense(x, 4, {.activation = kTanh, .kernel_initializer = Fill, .bias_initializer = Fill});
     }},
    {"dense_of_rank_3",
     {2, 3, 5},
     [](const Output& x) { return layers::Dense(x, 2, {.use_bias = false, .kernel_initializer = Fill}); }},
    {"conv2d_same",
     {2, 5, 4, 3},
     [](const Output& x) {
       return layers::Conv2D(x, 2, {3, 2}, {.strides = {2, 1}, .padding = "same", .activation = kRelu,
                                            .kernel_initializer = Fill, .bias_initializer = Fill});
     }},
    {"conv2d_dilated",
     {1, 5, 4, 2},
     [](const Output& x) {
       return layers::Conv2D(x, 2, 2, {.dilation_rate = {2, 1}, .kernel_initializer = Fill, .bias_initializer = Fill});
     }},
    {"max_pooling2d",
     {1, 5, 4, 2},
     [](const Output& x) {
       return layers::MaxPooling2D(x, {2, 3}, {2, 1}, {.padding = "same"});
     }},
    {"average_pooling2d",
     {1, 5, 4, 2},
     [](const Output& x) {
       return layers::AveragePooling2D(x, 2, {2, 1});
     }},
    {"flatten", {2, 3, 2}, [](const Output& x) { return layers::Flatten(x); }},
    {"dropout", {4, 5}, [](const Output& x) { return layers::Dropout(x, .4, {.training = true, .seed = 3}); }},
    {"dropout_of_rows",
     {4, 5},
     [](const Output& x) {
       return layers::Dropout(x, .4, {.training = true, .noise_shape = {{4, 1}}, .seed = 3});
     }},
    {"dropout_off", {4, 5}, [](const Output& x) { return layers::Dropout(x, .4, {.seed = 3}); }},
    {"embedding", {2, 3}, WithEmbedding},
    {"batch_normalization_of_rank_2",
     {4, 3},
     [](const Output& x) { return layers::BatchNormalization(x, Normalized(-1, true)); }},
    {"batch_normalization_of_rank_3",
     {2, 3, 4},
     [](const Output& x) { return layers::BatchNormalization(x, Normalized(1, true)); }},
    {"batch_normalization_fused",
     {2, 2, 2, 3},
     [](const Output& x) { return layers::BatchNormalization(x, Normalized(3, true)); }},
    {"net", {2, 6, 5, 1}, Net},
};

TEST(Layers, OutputsAndGradientsAsTensorFlows) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Builder g;
    g.SetSeed(9);
    const std::string key = std::string("layers/") + c.name;
    const Tensor& want = golden::Get(key + "/y");
    Output x = g.Constant(Grid(c.shape, 1)), y = c.make(x);
    std::vector<Output> xs = {x};
    std::vector<std::string> names = {"x"};
    for (const Variable& v : TrainableVariables(g)) xs.push_back(v.handle()), names.push_back(v.name());
    std::vector<Output> fetches = Gradients({ops::ReduceSum(y * Grid(want.shape(), 3))}, xs);
    fetches.push_back(y);
    auto got = golden::Started(g).Run(fetches).value();
    EXPECT_EQ(got.back().shape(), want.shape());
    golden::ExpectNear(got.back(), want);
    ASSERT_EQ(golden::Sorted(names), golden::Sorted(golden::Names(key + "/gradients/names")));
    golden::ExpectPacked(key + "/gradients", 0, [&](const std::string& name) {
      return got[size_t(std::find(names.begin(), names.end(), name) - names.begin())];
    });
  }
}

TEST(Layers, BatchNormalizationMovesItsAverages) {
  struct Row {
    const char* name;
    Shape shape;
    int axis;
  };
  for (const Row& row : {Row{"of_rank_2", {4, 3}, 1}, Row{"of_rank_3", {2, 3, 4}, 1}, Row{"fused", {2, 2, 2, 3}, 3}}) {
    SCOPED_TRACE(row.name);
    const std::string key = std::string("layers/batch_normalization_") + row.name;
    Builder g;
    Output x = g.Constant(Grid(row.shape, 1));
    layers::BatchNormalization(x, Normalized(row.axis, true));
    Output inference = layers::BatchNormalization(x, Normalized(row.axis, false));
    auto updates = OperationCollection(g, collection::kUpdateOps);
    ASSERT_EQ(updates.size(), 2u) << "while training only";
    Operation update = Group(g, updates);
    golden::Started s(g);
    EXPECT_EQ(golden::NamesOf(GlobalVariables(g)), golden::Names(key + "/training/names"));
    EXPECT_EQ(TrainableVariables(g).size(), 2u);
    for (int i = 0; i < 3; ++i) {
      if (i > 0) s.Run(update).Check();
      golden::ExpectPacked(key + "/training", i, [&](const std::string& name) { return s.GetVariable(name).value(); });
    }
    golden::ExpectNear(s.Run(inference).value(), golden::Get(key + "/inference"));
  }
}

// The images that channels_first and channels_last see differ by a transposition only.
TEST(Layers, ChannelsFirstIsATransposition) {
  using Layer = std::function<Output(const Output& x, const std::string& format)>;
  const std::map<std::string, Layer> cases = {
      {"conv2d",
       [](const Output& x, const std::string& f) {
         return layers::Conv2D(
             x, 2, 2,
             {.strides = {1, 2}, .data_format = f, .kernel_initializer = Fill, .bias_initializer = Fill, .name = "c"});
       }},
      {"max_pooling2d",
       [](const Output& x, const std::string& f) {
         return layers::MaxPooling2D(x, 2, {1, 2}, {.data_format = f});
       }},
      {"average_pooling2d",
       [](const Output& x, const std::string& f) {
         return layers::AveragePooling2D(x, {1, 2}, 1, {.data_format = f});
       }},
      {"batch_normalization",
       [](const Output& x, const std::string& f) {
         return layers::BatchNormalization(x, Normalized(f == "channels_last" ? 3 : 1, true));
       }},
  };
  for (const auto& [name, make] : cases) {
    SCOPED_TRACE(name);
    Builder g;
    auto shared = VariableScope(g, "shared", {.reuse = Reuse::kAuto});
    Output x = g.Constant(Grid({2, 5, 4, 3}));
    Output last = make(x, "channels_last"), first = make(ops::Transpose(x, {0, 3, 1, 2}), "channels_first");
    Output back = ops::Transpose(first, {0, 2, 3, 1});
    auto both = golden::Started(g).Run({last, back}).value();
    golden::ExpectNear(both[1], both[0]);
  }
}

TEST(Layers, BatchNormalizationInATrainingStep) {
  Builder g;
  Output x = g.Constant(Grid({4, 3}, 1));
  Output y = layers::Dense(layers::BatchNormalization(x, Normalized(-1, true)), 1, {.kernel_initializer = Fill});
  Output loss = losses::MeanSquaredError(Part({4, 1}), y);
  Operation train;
  {
    auto after = g.ControlDependencies(OperationCollection(g, collection::kUpdateOps));
    train = GradientDescentOptimizer(.1).Minimize(loss);
  }
  golden::Started s(g);
  const float before = s.Run(loss).value().scalar<float>();
  for (int i = 0; i < 2; ++i) s.Run(train).Check();
  EXPECT_LT(s.Run(loss).value().scalar<float>(), before);
  const Tensor averages = golden::Get("layers/batch_normalization_of_rank_2/training/values");
  std::vector<double> row(averages.data<float>() + 2 * 12 + 6, averages.data<float>() + 2 * 12 + 12), got;
  for (const char* name : {"batch_normalization/moving_mean", "batch_normalization/moving_variance"}) {
    for (double element : golden::Flat(s.GetVariable(name).value())) got.push_back(element);
  }
  golden::ExpectNear(got, row);
}

TEST(Layers, TheDropsChangeFromStepToStep) {
  Builder g;
  Output x = g.Constant(Tensor::Of<float>({1000}, std::vector<float>(1000, 3)));
  Output y = layers::Dropout(x, .25, {.training = true}), kept = ops::Dropout(x, 1.0);
  golden::Started s(g);
  Tensor first = s.Run(y).value(), second = s.Run(y).value();
  EXPECT_FALSE(first.Identical(second));
  int zeros = 0;
  for (float element : first.span<float>()) zeros += element == 0;
  EXPECT_NEAR(zeros, 250, 60) << "more than four deviations of 13.7 away";
  for (float element : first.span<float>()) EXPECT_TRUE(element == 0 || std::abs(element - 4) < 1e-5) << element;
  EXPECT_EQ(golden::Flat(s.Run(kept).value()), std::vector<double>(1000, 3));
}

TEST(Layers, UnknownBatchAndSizes) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, None, 2});
  Output dense = layers::Dense(x, 3, {.kernel_initializer = Fill}), flat = layers::Flatten(x);
  EXPECT_EQ(dense.shape().ToString(), x.shape().ToString().replace(x.shape().ToString().size() - 2, 1, "3"));
  golden::Started s(g);
  auto got = s.Run({dense, flat}, {{x, Grid({4, 3, 2})}}).value();
  EXPECT_EQ(got[0].shape(), Shape({4, 3, 3}));
  EXPECT_EQ(got[1].shape(), Shape({4, 6}));
}

TEST(Layers, RefuseWhatCannotBe) {
  struct Row {
    const char* what;
    std::function<void(Builder& g, const Output& x)> make;  // x is [2, 3]
    const char* error;
  };
  auto placeholder = [](Builder& g, const PartialShape& shape) { return ops::Placeholder(g, kFloat, shape); };
  const Row rows[] = {
      {"an unknown last size",
       [=](Builder& g, const Output&) {
         layers::Dense(placeholder(g, {2, None}), 1);
       },
       "layer Dense needs to know size -1"},
      {"no known rank", [=](Builder& g, const Output&) { layers::BatchNormalization(placeholder(g, {})); },
       "layer BatchNormalization needs to know"},
      {"an image of two axes", [](Builder&, const Output& x) { layers::Conv2D(x, 1, 1); }, "Conv2D"},
      {"an unknown padding",
       [](Builder& g, const Output&) {
         layers::MaxPooling2D(g.Constant(Grid({1, 2, 2, 1})), 1, 1, {.padding = "wide"});
       },
       "WIDE"},
      {"an axis that is not", [](Builder&, const Output& x) { layers::BatchNormalization(x, {.axis = 2}); },
       "size 2 of its input"},
      {"to drop all", [](Builder&, const Output& x) { layers::Dropout(x, 1); }, "rate 1 is outside [0, 1)"},
      {"ids that are no integers", [](Builder&, const Output& x) { layers::Embedding(x, 2, 2); }, "ResourceGather"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Builder g;
    row.make(g, g.Constant(Grid({2, 3})));
    ExpectError(g.status(), row.error);
  }
  EXPECT_FALSE(layers::Dense(1.0, 2).valid()) << "a literal belongs to no graph";
}

}  // namespace
}  // namespace weir
