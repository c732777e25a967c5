// Functions composed of several ops, held to TensorFlow's results and gradients (tests/oracle/make_composed.py), to
// finite differences in second order, and with sizes that are known when run only. Candidate samplers, number by
// number.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/conv/conv.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/norm/norm.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/gradient_checker.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::ExpectError;
using golden::Fill;
using golden::Grid;

const std::map<std::string, Tensor>& File() {
  static const auto file = io::ReadNpz(WEIR_TEST_DATA "/composed.npz").value();
  return file;
}
const Tensor& Get(const std::string& key) { return File().at(key); }

std::vector<Tensor> InputsOf(const std::string& name) {
  std::vector<Tensor> inputs;
  for (int i = 0; File().count(name + "/x" + std::to_string(i)); ++i)
    inputs.push_back(Get(name + "/x" + std::to_string(i)));
  return inputs;
}

using Outputs = std::vector<Output>;
using Function = std::function<Output(const Outputs& x)>;
struct Case {
  std::string name;
  Function make;
  bool needs_sizes = false;  // while building
};

Output Stacked(const ops::MomentsResult& m) { return ops::Stack({m.mean, m.variance}); }

Case SampledCase(const std::string& name, bool softmax, int64_t num_true, bool hits) {
  return {name, [=](const Outputs& x) {
            Builder& b = *x[0].builder();
            Input labels = num_true == 1 ? Input({{1}, {4}, {0}}) : Input({{1, 2}, {4, 3}, {0, 1}});
            ops::SampledLossOptions o{.num_true = num_true, .remove_accidental_hits = hits};
            o.sampled_values =
                ops::CandidateSamples{ops::Constant(b, {4, 2, 7, 5}, kInt64), b.Constant(Grid({3, num_true}, 2)) + 1.5,
                                      b.Constant(Grid({4}, 9)) + 1.5};
            return softmax ? ops::SampledSoftmaxLoss(x[0], x[1], labels, x[2], 4, 9, o)
                           : ops::NceLoss(x[0], x[1], labels, x[2], 4, 9, o);
          }};
}

std::vector<Case> Cases() {
  using namespace ops;  // NOLINT: the names of the table
  std::vector<Case> cases = {
      {"moments",
       [](const Outputs& x) {
         return Stacked(Moments(x[0], {0, 2}));
       }},
      {"moments_kept", [](const Outputs& x) { return Stacked(Moments(x[0], {-1}, {.keepdims = true})); }},
      {"layer_norm", [](const Outputs& x) { return LayerNorm(x[0], x[1], x[2]); }},
      {"layer_norm_of_images",
       [](const Outputs& x) {
         return LayerNorm(x[0], x[1], x[2], {.axes = {1, 2, 3}, .epsilon = .01});
       }},
      {"layer_norm_layer",
       [](const Outputs& x) { return layers::LayerNorm(x[0], {.beta_initializer = Fill, .gamma_initializer = Fill}); },
       true},
      {"l2_normalize", [](const Outputs& x) { return L2Normalize(x[0], 1); }},
      {"l2_normalize_of_zeros", [](const Outputs& x) { return L2Normalize(x[0], 1, {.epsilon = .25}); }},
      {"gelu", [](const Outputs& x) { return Gelu(x[0] * 6.0); }},
      {"gelu_approximate", [](const Outputs& x) { return Gelu(x[0] * 6.0, true); }},
      {"logsumexp", [](const Outputs& x) { return ReduceLogSumExp(x[0], 1); }},
      {"logsumexp_kept",
       [](const Outputs& x) {
         return ReduceLogSumExp(x[0], {0, -1}, {.keepdims = true});
       }},
      {"logsumexp_of_all", [](const Outputs& x) { return ReduceLogSumExp(x[0]); }},
      {"boolean_mask",
       [](const Outputs& x) {
         return BooleanMask(x[0], {true, false, true});
       }},
      {"boolean_mask_of_columns",
       [](const Outputs& x) {
         return BooleanMask(x[0], {true, false, true, true}, {.axis = 1});
       }},
      {"boolean_mask_of_two_axes",
       [](const Outputs& x) {
         return BooleanMask(x[0], {{true, false}, {false, true}, {true, true}}, {.axis = -3});
       }},
      {"boolean_mask_of_none",
       [](const Outputs& x) {
         return BooleanMask(x[0], {false, false, false});
       }},
      {"conv1d", [](const Outputs& x) { return Conv1D(x[0], x[1]); }},
      {"conv1d_same", [](const Outputs& x) { return Conv1D(x[0], x[1], {.stride = 2, .padding = "SAME"}); }},
      {"conv1d_dilated", [](const Outputs& x) { return Conv1D(x[0], x[1], {.dilation = 2}); }},
      {"conv1d_layer",
       [](const Outputs& x) {
         return layers::Conv1D(x[0], 2, 3,
                               {.strides = 2,
                                .padding = "same",
                                .activation = Relu,
                                .kernel_initializer = Fill,
                                .bias_initializer = Fill});
       },
       true},
      {"sparse_softmax_of_columns",
       [](const Outputs& x) {
         return losses::SparseSoftmaxCrossEntropy({{2}, {0}, {1}, {1}}, x[0]);
       }},
      {"sparse_softmax_of_weighted_columns",
       [](const Outputs& x) {
         return losses::SparseSoftmaxCrossEntropy({{2}, {0}, {1}, {1}}, x[0],
                                                  {.weights = x[0].builder()->Constant(Grid({4, 1}, 2)) + 1.0});
       }},
      {"sparse_softmax_of_weighted_rows",
       [](const Outputs& x) {
         return losses::SparseSoftmaxCrossEntropy({2, 0, 1, 1}, x[0],
                                                  {.weights = x[0].builder()->Constant(Grid({4, 1}, 2)) + 1.0});
       }},
      {"sparse_softmax_of_rank_3",
       [](const Outputs& x) {
         return losses::SparseSoftmaxCrossEntropy({{{2}, {0}}, {{1}, {1}}}, x[0]);
       }},
      {"sampled_softmax_drawn",
       [](const Outputs& x) {
         x[0].builder()->SetSeed(11);
         return SampledSoftmaxLoss(x[0], x[1], {{1}, {4}, {0}}, x[2], 4, 9, {.seed = 5});
       }},
  };
  for (int64_t num_true : {1, 2}) {
    for (bool hits : {false, true}) {
      const std::string rest = "_" + std::to_string(num_true) + (hits ? "_without_hits" : "");
      cases.push_back(SampledCase("nce" + rest, false, num_true, hits));
      cases.push_back(SampledCase("sampled_softmax" + rest, true, num_true, hits));
    }
  }
  for (const std::string& equation : Get("einsums").span<std::string>()) {
    cases.push_back({"einsum/" + equation, [equation](const Outputs& x) { return Einsum(equation, x); }});
  }
  return cases;
}

enum class Known { kAll, kRanks };

// The function's inputs as placeholders of that dtype.
Outputs Placeholders(Builder& g, const std::vector<Tensor>& values, Known known, DType dtype = kFloat) {
  Outputs xs;
  for (const Tensor& v : values) {
    PartialShape shape = known == Known::kAll ? PartialShape(v.shape().dims()) : PartialShape::UnknownOfRank(v.rank());
    xs.push_back(ops::Placeholder(g, dtype, shape));
  }
  return xs;
}

Feeds FeedsOf(const Outputs& xs, const std::vector<Tensor>& values) {
  Feeds feeds;
  for (size_t i = 0; i < xs.size(); ++i) feeds.emplace_back(xs[i], values[i]);
  return feeds;
}

TEST(Composed, AsTensorFlows) {
  for (const Case& c : Cases()) {
    for (Known known : {Known::kAll, Known::kRanks}) {
      if (known == Known::kRanks && c.needs_sizes) continue;
      SCOPED_TRACE(c.name + (known == Known::kAll ? "" : ", sizes unknown"));
      Builder g;
      const std::vector<Tensor> values = InputsOf(c.name);
      Outputs xs = Placeholders(g, values, known);
      Output y = c.make(xs);
      ASSERT_TRUE(y.valid()) << g.status().ToString();
      const Tensor& want = Get(c.name + "/y");
      if (known == Known::kAll && c.name.find("mask") == std::string::npos)
        EXPECT_EQ(y.shape().ToString(), want.shape().ToString());
      Outputs fetches =
          Gradients({ops::ReduceSum(y * Grid(want.shape(), 3))}, xs, {.unconnected = GradientOptions::kZero});
      fetches.push_back(y);
      golden::Started s(g);
      auto got = s.Run(fetches, FeedsOf(xs, values));
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      EXPECT_EQ(got->back().shape(), want.shape());
      golden::ExpectNear(got->back(), want, 2e-6);
      for (size_t i = 0; i < xs.size(); ++i) {
        SCOPED_TRACE("gradient by input " + std::to_string(i));
        golden::ExpectNear((*got)[i], Get(c.name + "/g" + std::to_string(i)), 4e-6);
      }
    }
  }
}

// The gradient of a weighted sum of the gradients, in double where the function takes it.
TEST(Composed, SecondOrderAgainstDifferences) {
  for (const Case& c : Cases()) {
    if (c.needs_sizes || c.name.starts_with("sparse") || c.name.starts_with("nce") || c.name.starts_with("sampled") ||
        c.name.ends_with("of_none"))
      continue;
    SCOPED_TRACE(c.name);
    Builder g;
    std::vector<Tensor> values;
    for (const Tensor& v : InputsOf(c.name)) {
      std::vector<double> wide = golden::Flat(v);
      // The maximum of a norm that is zero and a bound has a kink.
      for (size_t i = 0; i < wide.size(); ++i)
        wide[i] = wide[i] * (std::abs(wide[i]) > 10 ? .01 : 1) + .05 * std::sin(double(i) * 1.3 + 1);
      values.push_back(Tensor::Of<double>(v.shape(), wide));
    }
    Outputs xs = Placeholders(g, values, Known::kRanks, kDouble);
    Output y = c.make(xs);
    Output weights = ops::Cast(g.Constant(Grid(Get(c.name + "/y").shape(), 3)), kDouble);
    Outputs first = Gradients({ops::ReduceSum(y * weights)}, xs);
    std::vector<Input> terms;
    for (size_t i = 0; i < first.size(); ++i) {
      ASSERT_TRUE(first[i].valid()) << g.status().ToString();
      terms.push_back(ops::ReduceSum(first[i] * ops::Sin(first[i] + double(i))));
    }
    auto check = CheckGradient(g, ops::AddN(terms), xs, values);
    ASSERT_TRUE(check.ok()) << check.status().ToString();
    EXPECT_LT(check->max_error, 1e-6) << "x " << check->x << ", element " << check->element << ": " << check->symbolic
                                      << ", not " << check->numeric;
  }
}

TEST(Composed, LogSumExpOfInfinities) {
  Builder g;
  const double inf = std::numeric_limits<double>::infinity();
  Output y = ops::ReduceLogSumExp(ops::Constant(g, {{1.0, -inf}, {-inf, -inf}, {2.0, inf}}, kFloat), 1);
  std::vector<double> got = golden::Flat(golden::Started(g).Run(y).value()),
                      want = golden::Flat(Get("logsumexp_infinite"));
  EXPECT_EQ(got, want);
}

TEST(Composed, SequenceMask) {
  Builder g;
  Output lengths = ops::Placeholder(g, kInt32, {None, 2});
  Output mask = ops::Cast(ops::SequenceMask(lengths), kInt32),
         five = ops::SequenceMask(lengths, {.maxlen = 5, .dtype = kInt32});
  Output fed = ops::Placeholder(g, kInt64, PartialShape::Scalar());
  Output same = ops::SequenceMask(lengths, {.maxlen = fed, .dtype = kInt32});
  EXPECT_EQ(five.shape()[2], 5);
  auto got =
      golden::Started(g)
          .Run({mask, five, same}, {{lengths, Tensor::Of<int32_t>({2, 2}, {1, 3, 0, 2})}, {fed, Tensor(int64_t{5})}})
          .value();
  EXPECT_EQ(got[0].shape(), Shape({2, 2, 3}));
  EXPECT_EQ(golden::Flat(got[0]), golden::Flat(Get("sequence_mask")));
  EXPECT_EQ(golden::Flat(got[1]), golden::Flat(Get("sequence_mask_of_5")));
  EXPECT_EQ(golden::Flat(got[2]), golden::Flat(Get("sequence_mask_of_5")));
}

TEST(Composed, EinsumOfOtherDTypes) {
  Builder g;
  Output a = ops::Constant(g, {{1, 2}, {3, 4}}), trace = ops::Einsum("ii", {a}),
         product = ops::Einsum("ij,jk->ik", {a, {{0, 1}, {1, 0}}});
  auto got = golden::Started(g).Run({trace, product}).value();
  EXPECT_EQ(got[0].ToString(), "5");
  EXPECT_EQ(got[1].ToString(), "[[2, 1], [4, 3]]");
}

TEST(Composed, SampledLossesKeepGradientsSparse) {
  for (bool softmax : {false, true}) {
    Builder g;
    Variable w(g, Grid({9, 3}), {.name = "w"}), bias(g, Grid({9}), {.name = "b"});
    Output x = ops::Placeholder(g, kFloat, {None, 3}), labels = ops::Placeholder(g, kInt32, {None, 1});
    Output loss = ops::ReduceMean(softmax ? ops::SampledSoftmaxLoss(w, bias, labels, x, 4, 9)
                                          : ops::NceLoss(w, bias, labels, x, 4, 9));
    auto grads = GradientsOf(g, {loss}, {w.handle(), bias.handle()});
    ASSERT_TRUE(grads.ok()) << grads.status().ToString();
    EXPECT_TRUE((*grads)[0].is_slices() && (*grads)[1].is_slices());
    Operation train = GradientDescentOptimizer(.5).Minimize(loss);
    golden::Started s(g);
    const Feeds feeds = {{x, Grid({2, 3}, 4)}, {labels, Tensor::Of<int32_t>({2, 1}, {0, 5})}};
    for (int i = 0; i < 20; ++i) s.Run(train, feeds).Check();
    EXPECT_TRUE(std::isfinite(s.Run(loss, feeds).value().scalar<float>()));
  }
}

TEST(Composed, Conv1DChannelsFirstIsATransposition) {
  Builder g;
  auto shared = VariableScope(g, "shared", {.reuse = Reuse::kAuto});
  Output x = g.Constant(Grid({2, 6, 3}));
  Output last =
      layers::Conv1D(x, 2, 3, {.strides = 2, .kernel_initializer = Fill, .bias_initializer = Fill, .name = "c"});
  Output first = layers::Conv1D(ops::Transpose(x, {0, 2, 1}), 2, 3,
                                {.strides = 2,
                                 .data_format = "channels_first",
                                 .kernel_initializer = Fill,
                                 .bias_initializer = Fill,
                                 .name = "c"});
  first = ops::Transpose(first, {0, 2, 1});
  auto both = golden::Started(g).Run({last, first}).value();
  golden::ExpectNear(both[1], both[0]);
}

TEST(Composed, LayersNameTheirVariables) {
  Builder g;
  Output x = g.Constant(Grid({2, 6, 3}));
  layers::LayerNorm(layers::Conv1D(x, 2, 3), {.axes = {1, 2}});
  layers::LayerNorm(x, {.center = false});
  EXPECT_EQ(golden::NamesOf(TrainableVariables(g)),
            (std::vector<std::string>{"conv1d/kernel", "conv1d/bias", "layer_normalization/gamma",
                                      "layer_normalization/beta", "layer_normalization_1/gamma"}));
  EXPECT_EQ(TrainableVariables(g)[2].shape().ToString(), "[4,2]");
}

// Every number that TensorFlow draws, and how often it says each is to be expected.
TEST(CandidateSamplers, DrawTensorFlowsNumbers) {
  for (const char* law : {"log_uniform", "uniform"}) {
    for (bool unique : {false, true}) {
      for (auto [n, top] :
           {std::pair<int64_t, int64_t>{6, 10}, {10, 10}, {7, 64}, {40, 1000000}, {3, int64_t{1} << 40}}) {
        const std::string key = fmt::format("samplers/{}_{}_{}_{}/", law, int(unique), n, top);
        SCOPED_TRACE(key);
        Builder g;
        Output classes = ops::Constant(g, {{0, 5}, {9, 2}}, kInt64);
        std::vector<Output> made = MakeAll(
            law[0] == 'l' ? "LogUniformCandidateSampler" : "UniformCandidateSampler", {classes},
            {{"num_true", 2}, {"num_sampled", n}, {"unique", unique}, {"range_max", top}, {"seed", 3}, {"seed2", 8}});
        golden::Started s(g);
        for (int run = 0; run < 2; ++run) {
          auto got = s.Run(made).value();
          const std::string at = key + std::to_string(run);
          EXPECT_EQ(golden::Flat(got[0]), golden::Flat(Get(at + "/sampled")));
          golden::ExpectNear(got[1], Get(at + "/true"), 1e-6);
          golden::ExpectNear(got[2], Get(at + "/expected"), 1e-6);
        }
      }
    }
  }
}

TEST(Composed, RefuseWhatCannotBe) {
  struct Row {
    const char* what;
    std::function<void(Builder& g, const Output& x)> make;  // x is [2, 3]
    const char* error;
  };
  auto einsum = [](const char* equation) { return [=](Builder&, const Output& x) { ops::Einsum(equation, {x}); }; };
  const Row rows[] = {
      {"a sign that is no label", einsum("i1->i"), "has '1'"},
      {"two ellipses", einsum("......->"), "has '...'"},
      {"a result from nowhere", einsum("ij->k"), "'k' in its output"},
      {"a result twice", einsum("ij->ii"), "'i' twice"},
      {"too few inputs", einsum("ij,jk"), "is for 2 inputs, not 1"},
      {"another rank", einsum("ijk->i"), "3 labels for input 0 of shape [2,3]"},
      {"a diagonal of no square", einsum("ii->i"), "sizes 2 and 3"},
      {"an ellipsis that is lost", einsum("...j->j"), "none in its output"},
      {"an ellipsis of any rank",
       [](Builder& g, const Output&) { ops::Einsum("...i", {ops::Placeholder(g, kFloat, PartialShape::Unknown())}); },
       "rank of input 0"},
      {"two sizes",
       [](Builder&, const Output& x) {
         ops::Einsum("ij,jk", {x, x});
       },
       "'j' for sizes 3 and 2"},
      {"a mask of another size",
       [](Builder&, const Output& x) {
         ops::BooleanMask(x, {true, false, true});
       },
       "sizes differ"},
      {"a mask of too many axes",
       [](Builder&, const Output& x) {
         ops::BooleanMask(x, {{true, false}}, {.axis = 1});
       },
       "too many axes"},
      {"a mask that is no vector", [](Builder&, const Output& x) { ops::BooleanMask(x, true); },
       "rank must be known, and not 0"},
      {"an axis that is not", [](Builder&, const Output& x) { ops::BooleanMask(x, {true}, {.axis = 2}); },
       "no such axis"},
      {"an axis to normalise that is not", [](Builder&, const Output& x) { layers::LayerNorm(x, {.axes = {2}}); },
       "size 2 of its input"},
      {"another format", [](Builder&, const Output& x) { ops::Conv1D(x, x, {.data_format = "NHWC"}); },
       "neither NWC nor NCW"},
      {"labels of other columns",
       [](Builder& g, const Output& x) {
         ops::NceLoss(x, {1.0, 2.0}, ops::Constant(g, {{1, 1}}), x, 1, 2);
       },
       "num_true"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Builder g;
    row.make(g, g.Constant(Grid({2, 3})));
    ExpectError(g.status(), row.error);
  }
  Builder g;
  Output classes = ops::Constant(g, {{0}}, kInt64);
  Output drawn = ops::UniformCandidateSampler(classes, 1, 4, true, 3).sampled_candidates;
  ExpectError(golden::Started(g).Run(drawn).status(), "cannot draw num_sampled = 4 different classes of range_max = 3");
}

}  // namespace
}  // namespace weir
