// Losses for all weightings and reductions, with gradients, as TensorFlow has them; the graph's losses and their
// totals.
#include "weir/ops/model/losses.h"

#include <gtest/gtest.h>

#include <functional>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/math/math.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::ExpectError;
using golden::Flat;
using golden::Grid;
using golden::Part;
using losses::LossOptions;
using losses::Reduction;

Tensor Times(Tensor t, const std::vector<float>& factors) {
  for (int i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] *= factors[size_t(i) % factors.size()];
  return t;
}

std::vector<float> Ones(const Tensor& t, float above) {
  std::vector<float> ones;
  for (float x : t.span<float>()) ones.push_back(x > above ? 1.0f : 0.0f);
  return ones;
}

// As `loss_cases` of make_helpers.py.
struct Case {
  const char* name;
  Tensor x;
  std::vector<Tensor> weights;
  std::function<Output(Builder& g, const Output& x, const LossOptions& o)> make;
};

const Tensor kLabels = Part({4, 3}, 5);

std::vector<Case> Cases() {
  using namespace losses;  // NOLINT: the names of the table
  const Tensor p = Part({4, 3}), logits = Times(Grid({4, 3}, 2), {4}), l = kLabels,
               binary = Tensor::Of<float>({4, 3}, Ones(l, .4f));
  const Tensor onehot = Tensor::Of<float>({4, 3}, {0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0}),
               classes = Tensor::Vector<int64_t>({2, 0, 1, 1});
  const Tensor one(1.0f), some(.7f), full = Times(Part({4, 3}, 3), Ones(Grid({4, 3}), 0));
  auto masked = [](const Shape& shape) { return Times(Part(shape, 3), {1, 0, 1, 1}); };
  auto zeros = [](const Shape& shape) { return Tensor::Zeros(kFloat, shape); };
  const std::vector<Tensor> wide = {one, some, masked({4, 1}), full, zeros({4, 1})},
                            column = {one, some, masked({4, 1}), zeros({4, 1})},
                            vector = {one, some, masked({4}), zeros({4})};
  return {
      {"compute_weighted", p, wide,
       [=](Builder&, const Output& x, const LossOptions& o) { return ComputeWeightedLoss(x, o); }},
      {"absolute_difference", p, wide,
       [=](Builder&, const Output& x, const LossOptions& o) { return AbsoluteDifference(l, x, o); }},
      {"mean_squared_error", p, wide,
       [=](Builder&, const Output& x, const LossOptions& o) { return MeanSquaredError(l, x, o); }},
      {"cosine_distance", p, column,
       [=](Builder&, const Output& x, const LossOptions& o) { return CosineDistance(l, x, 1, o); }},
      {"hinge", logits, wide, [=](Builder&, const Output& x, const LossOptions& o) { return HingeLoss(binary, x, o); }},
      {"huber", p, wide, [=](Builder&, const Output& x, const LossOptions& o) { return HuberLoss(l, x, .3, o); }},
      {"log", p, wide, [=](Builder&, const Output& x, const LossOptions& o) { return LogLoss(l, x, .01, o); }},
      {"sigmoid", logits, wide,
       [=](Builder&, const Output& x, const LossOptions& o) { return SigmoidCrossEntropy(binary, x, 0, o); }},
      {"sigmoid_smoothed", logits, wide,
       [=](Builder& g, const Output& x, const LossOptions& o) {
         return SigmoidCrossEntropy(g.Constant(binary), x, .2, o);
       }},
      {"softmax", logits, vector,
       [=](Builder&, const Output& x, const LossOptions& o) { return SoftmaxCrossEntropy(onehot, x, 0, o); }},
      {"softmax_smoothed", logits, vector,
       [=](Builder&, const Output& x, const LossOptions& o) { return SoftmaxCrossEntropy(onehot, x, .2, o); }},
      {"sparse_softmax", logits, vector,
       [=](Builder&, const Output& x, const LossOptions& o) { return SparseSoftmaxCrossEntropy(classes, x, o); }},
  };
}

// The row of the golden file: the scalars, the gradient of the last of them, the unreduced losses.
std::vector<double> Row(Builder& g, const std::vector<Output>& scalars, const Output& x, const Output& elements = {}) {
  std::vector<Output> parts = scalars;
  parts.push_back(Gradients({scalars.back()}, {x})[0]);
  if (elements.valid()) parts.push_back(elements);
  golden::Started s(g);
  std::vector<double> row;
  for (const Tensor& t : s.Run(parts).value()) {
    for (double element : Flat(t)) row.push_back(element);
  }
  return row;
}

void ExpectRow(const std::string& key, size_t i, const std::vector<double>& got) {
  std::vector<double> all = Flat(golden::Get(key));
  ASSERT_GE(all.size(), (i + 1) * got.size());
  golden::ExpectNear(got, {all.begin() + int64_t(i * got.size()), all.begin() + int64_t((i + 1) * got.size())});
}

TEST(Losses, AsTensorFlows) {
  for (const Case& c : Cases()) {
    for (size_t i = 0; i < c.weights.size(); ++i) {
      for (bool literal : {true, false}) {
        SCOPED_TRACE(std::string(c.name) + ", weights " + c.weights[i].ToString() + (literal ? "" : " as a node"));
        Builder g;
        Output x = g.Constant(c.x);
        const Input weights = literal ? Input(c.weights[i]) : Input(g.Constant(c.weights[i]));
        auto loss = [&](Reduction r) { return c.make(g, x, {.weights = weights, .reduction = r}); };
        std::vector<Output> scalars;
        for (Reduction r :
             {Reduction::kSum, Reduction::kMean, Reduction::kSumOverBatchSize, Reduction::kSumByNonzeroWeights}) {
          scalars.push_back(loss(r));
        }
        ExpectRow(std::string("losses/") + c.name, i, Row(g, scalars, x, loss(Reduction::kNone)));
        EXPECT_EQ(losses::GetLosses(g).size(), 5u);
      }
    }
  }
}

TEST(Losses, PairwiseAsTensorFlows) {
  const std::vector<Tensor> weightings = {Tensor(1.0f), Tensor(.7f), Times(Part({4, 1}, 3), {1, 0, 1, 1}),
                                          Tensor::Zeros(kFloat, {4, 1})};
  for (size_t i = 0; i < weightings.size(); ++i) {
    SCOPED_TRACE(weightings[i].ToString());
    Builder g;
    Output x = g.Constant(Part({4, 3}));
    ExpectRow("losses/mean_pairwise_squared_error", i,
              Row(g, {losses::MeanPairwiseSquaredError(kLabels, x, {.weights = weightings[i]})}, x));
  }
}

TEST(Losses, SigmoidCrossEntropyOfAnyLogit) {
  Builder g;
  Output x = ops::Constant(g, {-100, -1, 0, 1, 100}, kFloat),
         y = ops::SigmoidCrossEntropyWithLogits({1, 1, .25, 0, 0}, x);
  Output both = ops::Stack({y, Gradients({y}, {x})[0]});
  golden::ExpectNear(golden::Started(g).Run(both).value(), golden::Get("losses/with_logits"));
}

TEST(Losses, TakeLabelsOfOtherDtypes) {
  Builder g;
  Output logits = g.Constant(Grid({4, 3})), wide = ops::Cast(logits, kDouble), yes = ops::Greater(logits, 0.0);
  const Tensor literal = Tensor::Of<float>({4, 3}, Ones(Grid({4, 3}), 0));
  std::vector<Output> same;
  for (const Output& x : {logits, wide}) {
    for (const Input& labels : {Input(literal), Input(ops::Cast(yes, kInt32)), Input(yes)}) {
      same.push_back(ops::Cast(losses::SigmoidCrossEntropy(labels, x), kFloat));
      same.push_back(ops::Cast(losses::SoftmaxCrossEntropy(labels, x), kFloat));
      same.push_back(losses::MeanSquaredError(labels, x));
    }
  }
  auto values = golden::Started(g).Run(same).value();
  for (size_t i = 3; i < values.size(); ++i) golden::ExpectNear(values[i], values[i % 3]);
}

TEST(Losses, Totals) {
  Builder g;
  auto first = [](int offset) {
    return [=](Builder& b, const Shape& s, DType) { return b.Constant(Grid(s, offset)); };
  };
  Variable w = GetVariable(g, "w", {3}, {.initializer = first(0), .regularizer = ops::L2Regularizer(.5)});
  GetVariable(g, "b", {3}, {.initializer = first(1), .regularizer = ops::L1Regularizer(.25)});
  losses::AbsoluteDifference(Part({3}), w);
  losses::MeanSquaredError(Part({3}), w, {.collection = ""});
  losses::MeanSquaredError(Part({3}), w, {.collection = "mine"});
  EXPECT_EQ(losses::GetLosses(g).size(), 1u);
  EXPECT_EQ(losses::GetRegularizationLosses(g).size(), 2u);
  EXPECT_EQ(OutputCollection(g, "mine").size(), 1u);
  Output totals =
      ops::Stack({losses::GetTotalLoss(g), losses::GetTotalLoss(g, false), losses::GetRegularizationLoss(g)});
  golden::ExpectNear(golden::Started(g).Run(totals).value(), golden::Get("losses/totals"));

  Builder empty;
  Output none = losses::GetTotalLoss(empty);
  EXPECT_EQ(golden::Started(empty).Run(none).value().scalar<float>(), 0);
}

TEST(Losses, RefuseWhatCannotBe) {
  struct Row {
    const char* what;
    std::function<void(Builder& g, const Output& x)> make;  // x is [4, 3]
    const char* error;
  };
  const Row rows[] = {
      {"a column of labels",
       [](Builder& g, const Output& x) {
         losses::MeanSquaredError(g.Constant(Grid({4, 1})), x);
       },
       "labels [4,1] with predictions [4,3]"},
      {"a row of labels",
       [](Builder&, const Output& x) {
         losses::SigmoidCrossEntropy({1, 0, 1}, x);
       },
       "labels [3] with predictions [4,3]"},
      {"labels of other classes",
       [](Builder& g, const Output& x) {
         losses::SoftmaxCrossEntropy(g.Constant(Grid({4, 2})), x);
       },
       "labels [4,2]"},
      {"weights of too few axes",
       [](Builder&, const Output& x) {
         losses::HuberLoss(x, x, 1, {.weights = {1, 2, 3}});
       },
       "losses [4,3] by weights [3]"},
      {"weights of too many axes",
       [](Builder& g, const Output& x) {
         losses::LogLoss(x, x, 1, {.weights = g.Constant(Grid({2, 4, 3}))});
       },
       "by weights [2,4,3]"},
      {"weights that widen the losses",
       [](Builder& g, const Output& x) {
         losses::CosineDistance(x, x, 1, {.weights = g.Constant(Grid({4, 3}))});
       },
       "losses [4,1] by weights [4,3]"},
      {"weights of pairs",
       [](Builder&, const Output& x) {
         losses::MeanPairwiseSquaredError(x, x, {.weights = {1, 2, 3}});
       },
       "by weights [3]"},
      {"weights that are a text", [](Builder&, const Output& x) { losses::HingeLoss(x, x, {.weights = "heavy"}); },
       "hinge_loss"},
      {"an axis that is not", [](Builder&, const Output& x) { losses::CosineDistance(x, x, 2); }, "axis"},
      {"pairs of what has no rank",
       [](Builder& g, const Output&) {
         Output any = ops::Placeholder(g, kFloat, PartialShape::Unknown());
         losses::MeanPairwiseSquaredError(any, any);
       },
       "known rank"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Builder g;
    row.make(g, g.Constant(Grid({4, 3})));
    ExpectError(g.status(), row.error);
  }
}

}  // namespace
}  // namespace weir
