// Rows of the distributions with parameters, and what rows cannot see: the gradients of gamma numbers, which follow how
// the distribution moves and not how numbers are drawn, parameters that would draw for ever, and a stream's next run.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/ops/random/random.h"
#include "weir/tests/ops/special.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> SamplingRows() {
  const In rates = In(Tensor::Of<double>({2, 2}, {0.5, 3, 11, 200}));
  const In counts = In(Tensor::Of<double>({2, 1}, {12, 900})), probs = In(Tensor::Of<double>({2}, {0.3, 0.9}));
  const In draws = Ints({5, 3}), whole = Ints({5, 3, 2, 2}), seed = Longs({3, -4});
  return {
      {"RandomPoisson", {draws, In({2, 2}, 0, 40)}, {{"seed", 1}, {"seed2", 2}}},
      {"RandomPoissonV2", {draws, In({2, 2}, 0, 40)}, {{"seed", 1}, {"seed2", 2}}},
      Swept("dtype", {"RandomPoissonV2", {draws, rates}, {{"seed", 1}, {"seed2", 2}}}),
      {"StatelessRandomPoisson", {whole, seed, In({2, 2}, 0, 40)}, {{"dtype", kInt64}}},
      Swept("dtype", {"StatelessRandomPoisson", {whole, seed, rates}}),
      Swept("dtype", {"StatelessRandomBinomial", {whole, seed, counts, probs}}),
      {"StatelessRandomBinomial", {Ints({4, 2, 2}), seed, Elements({2, 1}, {12, 900}), In({2}, 0.1, 0.9)}},
      {"StatelessRandomBinomial", {Ints({0, 2}), seed, Elements({2}, {12, 900}), In({2}, 0.1, 0.9)}},
      {"StatelessRandomPoisson", {Ints({0, 2}), seed, In({2}, 0, 40)}, {{"dtype", kInt64}}},
  };
}

namespace {

const Tensor kSeed = Tensor::Vector(std::vector<int64_t>{3, -4});
const Tensor kKey = Tensor::Vector(std::vector<uint64_t>{7}), kCounter = Tensor::Vector(std::vector<uint64_t>{0, 9});

// A node 'op' of a gamma op: [5, 3] numbers for each alpha.
Output Draw(Builder& b, const std::string& op, const Output& alpha, const Tensor& seed = kSeed) {
  Dims dims{5, 3};
  if (op != "RandomGamma") dims.insert(dims.end(), alpha.shape().dims().begin(), alpha.shape().dims().end());
  const Output shape = b.Constant(Tensor::Vector(dims));
  if (op == "RandomGamma") return b.Add(op, {shape, alpha}, {{"seed", 1}, {"seed2", 2}}, {.name = "op"});
  if (op == "StatelessRandomGammaV2") return b.Add(op, {shape, seed, alpha}, {}, {.name = "op"});
  return b.Add(op, {shape, kKey, kCounter, Tensor(int32_t{1}), alpha}, {}, {.name = "op"});
}

// The gradient is RandomGammaGrad of what was drawn, summed over the draws.
void CheckGradient(const std::string& op, OpCoverage* coverage) {
  Builder b;
  const Output alpha = b.Constant(Tensor::Of<double>({2}, {0.7, 4}));
  const Output y = Draw(b, op, alpha);
  const Output got = Gradients({ops::ReduceSum(y * y)}, {alpha})[0];
  const Output want = ops::ReduceSum(2.0 * y * Make("RandomGammaGrad", {alpha, y}), {0, 1});
  Session session(b, {.threads = 2});
  Result<std::vector<Tensor>> r = session.Run(std::vector<Output>{got, want});
  ASSERT_TRUE(r.ok()) << r.status().ToString();
  EXPECT_EQ(DifferenceBeyondRounding((*r)[0], (*r)[1], kDouble), "");
  coverage->gradient = true;
  // Its own derivative by alpha, which is that of RandomGammaGrad too, is refused as TensorFlow refuses it.
  EXPECT_FALSE(GradientsOf(b, {ops::ReduceSum(got)}, {alpha}).ok());
  coverage->second_order = true;
}

void CheckGamma(const std::string& op, OpCoverage* coverage) {
  auto holds = [&](const Tensor& like) {
    Builder b;
    const Output alpha = b.Constant(Tensor::Zeros(like.dtype(), like.shape()), {.name = "alpha"});
    const Output y = Draw(b, op, ops::Cast(ops::Exp(ops::Cast(alpha, kFloat)), like.dtype()) * b.Constant(like));
    Session plain(b, {.threads = 1, .optimize = false}), cut(b, {.threads = 3});
    Result<Tensor> one = plain.Run(y);
    const ForcedCuts parts(3, true);
    Result<Tensor> two = cut.Run(y);
    EXPECT_TRUE(one.ok() && two.ok()) << one.status().ToString();
    return one.ok() && two.ok() && one->Identical(*two) && y.shape().Admits(one->shape());
  };
  Sweep(op, op == "StatelessRandomGammaV2" || op == "StatelessRandomGammaV3" ? "dtype" : "T", coverage, holds);
  CheckGradient(op, coverage);
  Builder b;
  if (op == "RandomGamma") {
    b.Add(op, {std::vector<int32_t>{-3}, b.Constant(Tensor(1.0f))}, {}, {.name = "op"});
  } else {
    Builder wrong;
    Draw(b, op, b.Add("Placeholder", {}, {{"dtype", kString}}));
  }
  ExpectRefused(b, coverage);
}

Tensor Drawn(const char* op, InputList inputs, DType dtype) {
  Builder b;
  inputs.insert(inputs.begin() + 1, b.Constant(kSeed));
  const Output drawn = b.Add(op, std::move(inputs), {{"dtype", dtype}}, {.name = "op"});
  Result<Tensor> y = Session(b, {.threads = 1}).Run(drawn);
  EXPECT_TRUE(y.ok()) << op << ": " << y.status().ToString();
  return y.ok() ? *y : Tensor::Zeros(dtype, Shape({1}));
}

TEST(RandomSampling, TakesBoundedTimeForAnyParameter) {
  const std::vector<int32_t> one{1};
  EXPECT_TRUE(std::isnan(Drawn("StatelessRandomPoisson", {one, Tensor(std::nan(""))}, kDouble).data<double>()[0]));
  EXPECT_EQ(Drawn("StatelessRandomPoisson", {one, Tensor(std::nan(""))}, kInt32).data<int32_t>()[0], 0);
  EXPECT_EQ(Drawn("StatelessRandomPoisson", {one, Tensor(1e30)}, kInt32).data<int32_t>()[0], 2147483647);
  EXPECT_EQ(Drawn("StatelessRandomPoisson", {one, Tensor(-1.0)}, kInt32).data<int32_t>()[0], 0);
  const Tensor half(0.5), none(std::nan(""));
  EXPECT_TRUE(std::isnan(Drawn("StatelessRandomBinomial", {one, none, half}, kDouble).data<double>()[0]));
  EXPECT_EQ(Drawn("StatelessRandomBinomial", {one, none, half}, kInt64).data<int64_t>()[0], 0);
  EXPECT_EQ(Drawn("StatelessRandomBinomial", {one, Tensor(HUGE_VAL), half}, kDouble).data<double>()[0], HUGE_VAL);
  Builder b;
  const Tensor alpha = Tensor::Of<double>({2}, {-3, NAN});
  const Output y = b.Add("StatelessRandomGammaV2", {std::vector<int32_t>{2}, kSeed, alpha});
  const Tensor drawn = Session(b, {.threads = 1}).Run(y).value();
  EXPECT_TRUE(std::isnan(drawn.data<double>()[0]) && std::isnan(drawn.data<double>()[1]));
}

// As TensorFlow prints them (2.21, seed = 1, seed2 = 2): the second run goes on where the first has ended.
TEST(RandomSampling, TheNextRunGoesOn) {
  Builder b;
  const Output gamma = b.Add("RandomGamma", {std::vector<int32_t>{2}, Tensor(2.0f)}, {{"seed", 1}, {"seed2", 2}});
  const Output classes =
      b.Add("Multinomial", {Tensor::Of<float>({2, 3}, {0, 1, 2, 0, 0, 0}), 5}, {{"seed", 1}, {"seed2", 2}});
  const Output within = b.Add("ParameterizedTruncatedNormal",
                              {std::vector<int32_t>{3}, Tensor(0.0f), Tensor(1.0f), Tensor(-1.0f), Tensor(2.0f)},
                              {{"seed", 1}, {"seed2", 2}});
  Session session(b, {.threads = 1});
  session.Run(std::vector<Output>{gamma, classes, within}).value();
  const std::vector<Tensor> second = session.Run(std::vector<Output>{gamma, classes, within}).value();
  const Tensor bounded = Tensor::Of<float>({3}, {0.31644696f, 1.64627612f, -0.0360537730f});
  EXPECT_TRUE(second[0].Identical(Tensor::Of<float>({2}, {1.80447888f, 1.29967368f}))) << second[0].ToString();
  EXPECT_TRUE(second[1].Identical(Tensor::Of<int64_t>({2, 5}, {2, 1, 1, 1, 2, 2, 1, 0, 2, 1}))) << second[1].ToString();
  EXPECT_TRUE(second[2].Identical(bounded)) << second[2].ToString();
}

}  // namespace

SpecialChecks RandomSpecials() {
  return {{"RandomGamma", CheckGamma}, {"StatelessRandomGammaV2", CheckGamma}, {"StatelessRandomGammaV3", CheckGamma}};
}

}  // namespace weir::testing
