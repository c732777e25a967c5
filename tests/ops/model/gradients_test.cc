// Clipping of values and gradients as TensorFlow has it; accumulation: small batches that make a big one.
#include "weir/graph/gradients.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <tuple>

#include "weir/ops/array/array.h"
#include "weir/ops/model/clip.h"
#include "weir/ops/model/gradient_accumulation.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/tests/ops/model/golden.h"

namespace weir {
namespace {

using golden::Flat;
using golden::Grid;
using golden::Part;

// ---- clipping: the value, and the gradient of its sum weighted by a grid

TEST(Clipping, AsTensorFlows) {
  using namespace ops;  // NOLINT: the names of the table
  const std::map<std::string, std::function<Output(const Output&)>> cases = {
      {"by_value", [](const Output& x) { return ClipByValue(x, -1, .5); }},
      {"by_norm", [](const Output& x) { return ClipByNorm(x, 1.5); }},
      {"by_norm_wide", [](const Output& x) { return ClipByNorm(x, 100); }},
      {"by_norm_of_rows", [](const Output& x) { return ClipByNorm(x, 1.5, {1}); }},
      {"by_norm_of_zeros", [](const Output& x) { return ClipByNorm(x, 1.5); }},
      {"by_average_norm", [](const Output& x) { return ClipByAverageNorm(x, .25); }},
      {"by_average_norm_wide", [](const Output& x) { return ClipByAverageNorm(x, 100); }},
      {"by_average_norm_of_zeros", [](const Output& x) { return ClipByAverageNorm(x, .25); }},
  };
  for (const auto& [name, make] : cases) {
    SCOPED_TRACE(name);
    Builder g;
    Output x = g.Constant(Grid({2, 3})) * (name.ends_with("zeros") ? 0.0 : 4.0), y = make(x);
    Output both = Stack({y, Gradients({ReduceSum(y * Grid({2, 3}, 7))}, {x})[0]});
    golden::ExpectNear(golden::Started(g).Run(both).value(), golden::Get("clip/" + name));
  }
}

TEST(Clipping, ByGlobalNormKeepsSlices) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& [name, norm, top] :
       {std::tuple("narrow", 1.25, 1.0), std::tuple("wide", 100.0, 1.0), std::tuple("infinite", 1.25, infinity)}) {
    SCOPED_TRACE(name);
    Builder g;
    Variable a(g, Grid({2, 3}), {.name = "a"}), b(g, Grid({3}), {.name = "b"}), unused(g, 1.0f, {.name = "unused"});
    IndexedSlices slices{g.Constant(Grid({4}, 5)) * 2.0 * top, ops::Constant(g, {2, 0, 2, 1}), ops::Constant(g, {3})};
    std::vector<GradAndVar> grads = {{Grad(g.Constant(Grid({2, 3})) * 4.0), a}, {{}, unused}, {Grad(slices), b}};
    Output plain = ops::GlobalNorm(std::vector<Grad>{grads[0].grad, {}, grads[2].grad});
    Output total = ops::ClipGradientsByGlobalNorm(grads, norm);
    EXPECT_FALSE(grads[1].grad.valid());
    ASSERT_TRUE(grads[2].grad.is_slices());
    EXPECT_EQ(grads[2].grad.slices().indices.endpoint(), slices.indices.endpoint());
    std::vector<Input> parts;
    for (const Output& part : {grads[0].grad.dense(), grads[2].grad.slices().values, total, plain})
      parts.push_back(ops::Reshape(part, {-1}));
    Output all = ops::Concat(parts, 0);
    golden::ExpectNear(golden::Started(g).Run(all).value(), golden::Get(std::string("clip/global_") + name));
  }
}

TEST(Clipping, RefusesAnAxisThatIsNot) {
  Builder g;
  ops::ClipByNorm(g.Constant(Grid({2, 3})), 1, {2});
  golden::ExpectError(g.status(), "axis");
}

// ---- gradient accumulation

// Predicts numbers from features by a matrix and from words by a table; the loss is the mean over the batch.
struct WordModel {
  Builder g;
  Variable w{g, Grid({2, 1}), {.name = "w"}}, table{g, Grid({5, 1}, 4), {.name = "table"}};
  Output x = ops::Placeholder(g, kFloat, {None, 2}), words = ops::Placeholder(g, kInt32, {None});
  Output loss = ops::ReduceMean(ops::Square(ops::MatMul(x, w) + table.Gather(words) - 1.0));

  Feeds Batch(int begin, int end) const {
    Tensor features = Part({6, 2}), rows = Tensor::Allocate(kFloat, {end - begin, 2}).value();
    std::copy(features.data<float>() + 2 * begin, features.data<float>() + 2 * end, rows.mutable_data<float>());
    const std::vector<int32_t> all = {0, 3, 3, 1, 0, 3};
    return {{x, rows}, {words, std::vector<int32_t>(all.begin() + begin, all.begin() + end)}};
  }
};

TEST(GradientAccumulation, SmallBatchesMakeABigOne) {
  const std::map<std::string, std::function<std::unique_ptr<Optimizer>()>> optimizers = {
      {"GradientDescent", [] { return std::make_unique<GradientDescentOptimizer>(.3); }},
      {"Momentum", [] { return std::make_unique<MomentumOptimizer>(.3, .5); }},
      {"Adam", [] { return std::make_unique<AdamOptimizer>(.1, AdamOptions{.epsilon = 1e-3}); }},
  };
  for (const auto& [name, make] : optimizers) {
    SCOPED_TRACE(name);
    WordModel big, small;
    Operation train = make()->Minimize(big.loss);
    auto optimizer = make();
    GradientAccumulator sum(optimizer->ComputeGradients(small.loss));
    Operation apply = sum.Apply(*optimizer);
    golden::Started whole(big.g), parts(small.g);
    for (int round = 0; round < 3; ++round) {
      whole.Run(train, big.Batch(0, 6)).Check();
      for (int i = 0; i < 6; i += 2) parts.Run(sum.accumulate(), small.Batch(i, i + 2)).Check();
      EXPECT_EQ(parts.GetVariable("gradient_count").value().scalar<float>(), 3);
      parts.Run(apply).Check();
      for (const Variable& v : GlobalVariables(big.g)) {
        SCOPED_TRACE(v.name());
        golden::ExpectNear(parts.GetVariable(v.name()).value(), whole.GetVariable(v.name()).value());
      }
      for (const char* cleared : {"gradient_count", "w/gradient_sum", "table/gradient_sum"}) {
        for (double element : Flat(parts.GetVariable(cleared).value())) EXPECT_EQ(element, 0) << cleared;
      }
    }
  }
}

TEST(GradientAccumulation, SumsOnDemandAndCountsSteps) {
  WordModel m;
  GradientDescentOptimizer sgd(.5);
  GradientAccumulator sum(sgd.ComputeGradients(m.loss, {.var_list = {m.w}}));
  Variable step = GetOrCreateGlobalStep(m.g);
  Operation apply = sum.Apply(sgd, {.global_step = step}, false);
  Output gradient = Gradients({m.loss}, {m.w.handle()})[0];
  golden::Started s(m.g);
  std::vector<double> want = Flat(Grid({2, 1}));
  for (int i = 0; i < 2; ++i) {
    auto part = Flat(s.Run(gradient, m.Batch(3 * i, 3 * i + 3)).value());
    for (int j = 0; j < 2; ++j) want[j] -= .5 * part[j];
    s.Run(sum.accumulate(), m.Batch(3 * i, 3 * i + 3)).Check();
  }
  s.Run(apply).Check();
  golden::ExpectNear(Flat(s.GetVariable("w").value()), want);
  EXPECT_EQ(s.GetVariable("global_step").value().scalar<int64_t>(), 1);
  EXPECT_FALSE(GradientAccumulator({}).accumulate().valid());
}

}  // namespace
}  // namespace weir
