// Schedules, initialisers and moving averages, held to TensorFlow's results. Others: optimizers, losses, gradients and
// layers beside this.
#include <gtest/gtest.h>

#include <functional>

#include "weir/ops/array/array.h"
#include "weir/ops/model/initializers.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/moving_average.h"
#include "weir/ops/model/schedules.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::ExpectError;
using golden::Flat;
using golden::Grid;

// ---- schedules

using Schedule = std::function<Output(Builder& g, const Output& n)>;

// As `schedules` of make_helpers.py.
std::map<std::string, Schedule> Schedules() {
  using namespace ops;  // NOLINT: the names of the table
  const auto seed = golden::Get("schedules/noise_seed").scalar<int64_t>();
  return {
      {"exponential", [](Builder&, const Output& n) { return ExponentialDecay(.1, n, 5, .9); }},
      {"exponential_staircase",
       [](Builder&, const Output& n) { return ExponentialDecay(.1, n, 5, .9, {.staircase = true}); }},
      {"natural_exp", [](Builder&, const Output& n) { return NaturalExpDecay(.1, n, 5, .3); }},
      {"natural_exp_staircase",
       [](Builder&, const Output& n) { return NaturalExpDecay(.1, n, 5, .3, {.staircase = true}); }},
      {"inverse_time", [](Builder&, const Output& n) { return InverseTimeDecay(.1, n, 5, .3); }},
      {"inverse_time_staircase",
       [](Builder&, const Output& n) { return InverseTimeDecay(.1, n, 5, .3, {.staircase = true}); }},
      {"polynomial",
       [](Builder&, const Output& n) { return PolynomialDecay(.1, n, 10, {.end_learning_rate = .02, .power = 2.0}); }},
      {"polynomial_cycle",
       [](Builder&, const Output& n) {
         return PolynomialDecay(.1, n, 10, {.end_learning_rate = .02, .power = .5, .cycle = true});
       }},
      {"piecewise_constant",
       [](Builder&, const Output& n) {
         return PiecewiseConstant(n, {4, 10}, {.3, .2, .1});
       }},
      {"piecewise_constant_float",
       [](Builder&, const Output& n) {
         return PiecewiseConstant(Cast(n, kFloat), {4.5, 10}, {.3, .2, .1});
       }},
      {"cosine", [](Builder&, const Output& n) { return CosineDecay(.1, n, 10, {.alpha = .2}); }},
      {"cosine_restarts",
       [](Builder&, const Output& n) { return CosineDecayRestarts(.1, n, 4, {.t_mul = 2, .m_mul = .8, .alpha = .1}); }},
      {"cosine_restarts_even",
       [](Builder&, const Output& n) { return CosineDecayRestarts(.1, n, 4, {.t_mul = 1, .m_mul = .9}); }},
      {"linear_cosine",
       [](Builder&, const Output& n) {
         return LinearCosineDecay(.1, n, 10, {.num_periods = 1.5, .alpha = .1, .beta = .01});
       }},
      {"noisy_linear_cosine",
       [=](Builder& g, const Output& n) {
         g.SetSeed(11);
         return NoisyLinearCosineDecay(.1, n, 10, {.initial_variance = .5, .variance_decay = .7, .num_periods = 1.5,
                                                   .alpha = .1, .beta = .01, .seed = seed});
       }},
  };
}

TEST(Schedules, AsTensorFlows) {
  auto steps = golden::Get("schedules/steps").span<int64_t>();
  for (const auto& [name, make] : Schedules()) {
    SCOPED_TRACE(name);
    Builder g;
    Output n = ops::Placeholder(g, kInt64, {}), rate = make(g, n);
    EXPECT_EQ(rate.dtype(), kFloat);
    golden::Started s(g);
    std::vector<double> rates;
    for (int64_t step : steps) rates.push_back(s.Run(rate, {{n, step}}).value().scalar<float>());
    golden::ExpectNear(rates, Flat(golden::Get("schedules/" + name)));
  }
}

TEST(Schedules, KeepTheRatesDtypeAndReadAVariableStep) {
  Builder g;
  Variable step(g, 5, {.name = "step", .trainable = false});
  Output rate = ops::ExponentialDecay(g.Constant(Tensor(.1)), step, 5, .9);
  ASSERT_EQ(rate.dtype(), kDouble);
  EXPECT_DOUBLE_EQ(golden::Started(g).Run(rate).value().scalar<double>(), .1 * .9);
}

// ---- initialisers

std::map<std::string, Initializer> Initializers() {
  using namespace ops;  // NOLINT: the names of the table
  return {
      {"random_uniform", RandomUniformInitializer({-1, 2, 5})},
      {"random_normal", RandomNormalInitializer({.5, 2, 5})},
      {"truncated_normal", TruncatedNormalInitializer({.5, 2, 5})},
      {"uniform_unit_scaling", UniformUnitScalingInitializer({1.5, 5})},
      {"fan_in_normal", VarianceScalingInitializer({.5, "fan_in", "truncated_normal", 5})},
      {"fan_out_untruncated", VarianceScalingInitializer({.5, "fan_out", "untruncated_normal", 5})},
      {"fan_avg_uniform", VarianceScalingInitializer({.5, "fan_avg", "uniform", 5})},
      {"glorot_uniform", GlorotUniformInitializer({5})},
      {"glorot_uniform_graph_seed", GlorotUniformInitializer({5})},
      {"glorot_normal", GlorotNormalInitializer({5})},
      {"he_uniform", HeUniformInitializer({5})},
      {"he_normal", HeNormalInitializer({5})},
      {"lecun_uniform", LecunUniformInitializer({5})},
      {"lecun_normal", LecunNormalInitializer({5})},
  };
}

TEST(Initializers, DrawTensorFlowsNumbers) {
  for (const auto& [name, make] : Initializers()) {
    SCOPED_TRACE(name);
    Builder g;
    if (name == "glorot_uniform_graph_seed") g.SetSeed(7);
    Output matrix = make(g, {3, 4}, kFloat), filter = make(g, {2, 2, 3, 2}, kFloat);
    Output all = ops::Concat({ops::Reshape(matrix, {-1}), ops::Reshape(filter, {-1})}, 0);
    golden::ExpectNear(golden::Started(g).Run(all).value(), golden::Get("initializers/" + name));
  }
  Builder g;
  Output whole = ops::RandomUniformInitializer({-50, 50, 5})(g, {12}, kInt32);
  EXPECT_TRUE(golden::Started(g).Run(whole).value().Identical(golden::Get("initializers/random_uniform_int")));
}

TEST(Initializers, Constants) {
  struct Row {
    Initializer make;
    DType dtype;
    double value;
  };
  const Row rows[] = {{ops::ZerosInitializer(), kFloat, 0},
                      {ops::OnesInitializer(), kInt32, 1},
                      {ops::ConstantInitializer(2.5), kDouble, 2.5},
                      {ops::ConstantInitializer(7), kInt64, 7}};
  for (const Row& row : rows) {
    for (int64_t n : {3, 600}) {  // a Const, a Fill
      Builder g;
      Output made = row.make(g, {2, n}, row.dtype);
      EXPECT_EQ(made.dtype(), row.dtype);
      EXPECT_EQ(Flat(golden::Started(g).Run(made).value()), std::vector<double>(size_t(2 * n), row.value));
    }
  }
  Builder g;
  Output made = ops::ConstantInitializer(Grid({2, 3}))(g, {2, 3}, kFloat);
  EXPECT_TRUE(golden::Started(g).Run(made).value().Identical(Grid({2, 3})));
}

// ---- moving averages

TEST(MovingAverages, AsTensorFlows) {
  for (bool counted : {false, true}) {
    const std::string key = std::string("moving_averages/") + (counted ? "num_updates" : "plain");
    SCOPED_TRACE(key);
    Builder g;
    auto made = [&](const char* name, const Input& value) {
      return Variable(g, value, {.name = name, .trainable = std::string(name) == "w"});
    };
    Variable w = made("w", {1.0f, 2.0f, 3.0f}), fixed = made("fixed", 4.0f), alone = made("alone", 1.0f),
             n = made("n", 0);
    ExponentialMovingAverage ema(.9, {.num_updates = counted ? n : Variable()});
    EXPECT_FALSE(ema.Average(w).valid());
    Operation maintain = ema.Apply({w, fixed});
    EXPECT_EQ(ema.Average(w).name(), ema.AverageName(w));
    Operation change = Group(g, {ops::AssignAdd(w, {1, -1, .5}), ops::AssignSub(fixed, 2), ops::AssignAdd(n, 3)});
    golden::Started s(g);
    EXPECT_EQ(golden::Sorted(golden::NamesOf(GlobalVariables(g))), golden::Sorted(golden::Names(key + "/names")));
    for (int row = 0; row < 4; ++row) {
      if (row > 0) s.Run(change).Check(), s.Run(maintain).Check();
      golden::ExpectPacked(key, row, [&](const std::string& name) { return s.GetVariable(name).value(); });
    }
    std::vector<std::string> restored;
    for (const auto& [name, v] : ema.VariablesToRestore({w, fixed, alone, n}))
      restored.push_back(name + "=" + v.name());
    EXPECT_EQ(restored, golden::Names(key + "/to_restore"));
    EXPECT_EQ(golden::NamesOf(TrainableVariables(g)), std::vector<std::string>{"w"});
  }
}

// ---- errors

TEST(TrainingHelpers, RefuseWhatCannotBe) {
  struct Row {
    const char* what;
    std::function<void(Builder& g, const Variable& w)> make;  // w is [2, 3]
    const char* error;
  };
  auto fill = [](Builder& g, const Initializer& i) { Variable(g, {2, 3}, kFloat, i, {.name = "v"}); };
  const Row rows[] = {
      {"boundaries without values",
       [](Builder&, const Variable& w) {
         ops::PiecewiseConstant(w, {1, 2}, {1, 2});
       },
       "one value more than boundaries, got 2 and 2"},
      {"a rate that is a text", [](Builder&, const Variable& w) { ops::ExponentialDecay("fast", w, 1, 1); },
       "learning_rate"},
      {"constants of another shape",
       [=](Builder& g, const Variable&) {
         fill(g, ops::ConstantInitializer(Grid({3, 2})));
       },
       "initial value is f32[3,2]"},
      {"an unknown mode",
       [=](Builder& g, const Variable&) { fill(g, ops::VarianceScalingInitializer({.mode = "fan"})); }, "mode 'fan'"},
      {"an unknown distribution",
       [=](Builder& g, const Variable&) { fill(g, ops::VarianceScalingInitializer({.distribution = "even"})); },
       "'even'"},
      {"a scale of 0", [=](Builder& g, const Variable&) { fill(g, ops::VarianceScalingInitializer({.scale = 0})); },
       "scale 0"},
      {"a decay of two numbers",
       [](Builder&, const Variable& w) {
         ExponentialMovingAverage({.9, .8}).Apply({w});
       },
       "must be one number"},
      {"a decay of a text", [](Builder&, const Variable& w) { ops::AssignMovingAverage(w, w, "slow"); },
       "decay of 'w' must be one number"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Builder g;
    row.make(g, Variable(g, Grid({2, 3}), {.name = "w"}));
    ExpectError(g.status(), row.error);
  }
}

}  // namespace
}  // namespace weir
