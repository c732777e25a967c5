// Building functions of random ops: what TensorFlow 2.21's Python functions of these names give for the same seeds.
#include <gtest/gtest.h>

#include "weir/ops/random/random.h"
#include "weir/weir.h"

namespace weir {
namespace {

struct Drawn {
  Output y;
  Tensor want;
};

void Expect(const Builder& b, const std::vector<Drawn>& all) {
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  std::vector<Output> ys;
  for (const Drawn& d : all) ys.push_back(d.y);
  Result<std::vector<Tensor>> got = Session(b, {.threads = 2}).Run(ys);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  for (size_t i = 0; i < all.size(); ++i)
    EXPECT_TRUE((*got)[i].Identical(all[i].want)) << all[i].y.name() << ": " << (*got)[i].ToString();
}

TEST(RandomBuilders, StatefulOnesAreTensorFlows) {
  Builder b;
  const Output logits = b.Constant(Tensor::Of<float>({1, 3}, {0, 1, 2}));
  Expect(b, {{ops::RandomGamma(b, {2}, {0.5, 3.0}, {.beta = 2.0, .seed = 5}),
              Tensor::Of<float>({2, 2}, {0.013867472f, 0.58149678f, 0.04018848f, 0.55536783f})},
             {ops::RandomPoisson(b, {2}, {2.0, 30.0}, {.seed = 5}), Tensor::Of<float>({2, 2}, {1, 29, 2, 29})},
             {ops::Multinomial(logits, 4, {.seed = 5}), Tensor::Of<int64_t>({1, 4}, {1, 2, 2, 2})}});
}

TEST(RandomBuilders, StatelessOnesAreTensorFlows) {
  Builder b;
  const std::vector<int32_t> seed{1, 2};
  const Output logits = b.Constant(Tensor::Of<float>({1, 3}, {0, 1, 2}));
  const Tensor normal = Tensor::Of<float>({3}, {2.0882201f, 1.4147606f, 1.1471286f});
  Expect(b, {{ops::StatelessUniform(b, {3}, seed, {.minval = 2.0, .maxval = 5.0}),
              Tensor::Of<float>({3}, {4.5321813f, 2.5761361f, 4.9886694f})},
             {ops::StatelessUniform(b, {3}, seed, {.minval = 2, .maxval = 50, .dtype = kInt32}),
              Tensor::Of<int32_t>({3}, {30, 19, 32})},
             {ops::StatelessUniformFullInt(b, {2}, seed), Tensor::Of<int32_t>({2}, {1105988140, 1738052849})},
             {ops::StatelessNormal(b, {3}, seed, {.mean = 1.0, .stddev = 2.0}), normal},
             {ops::StatelessTruncatedNormal(b, {3}, seed, {.mean = 1.0, .stddev = 2.0}), normal},
             {ops::StatelessMultinomial(logits, 4, seed), Tensor::Of<int64_t>({1, 4}, {2, 2, 1, 2})},
             {ops::StatelessGamma(b, {2, 2}, seed, {0.5, 3.0}, {.beta = 2.0}),
              Tensor::Of<float>({2, 2}, {0.033476807f, 2.3372896f, 0.31411773f, 1.6751877f})},
             {ops::StatelessPoisson(b, {2, 2}, seed, {2.0, 30.0}), Tensor::Of<int32_t>({2, 2}, {3, 38, 4, 45})},
             {ops::StatelessBinomial(b, {2, 2}, seed, {10.0, 100.0}, {0.5, 0.3}),
              Tensor::Of<int32_t>({2, 2}, {6, 37, 6, 42})}});
}

TEST(RandomBuilders, NumbersStayWithinTheirBounds) {
  Builder b;
  const Output y = ops::ParameterizedTruncatedNormal(b, {500, 2}, {.means = 1.0, .minvals = 0.5, .maxvals = 3.0});
  const Tensor got = Session(b, {.threads = 2}).Run(y).value();
  for (int64_t i = 0; i < got.num_elements(); ++i) {
    EXPECT_GE(got.data<float>()[i], 0.5f);
    EXPECT_LE(got.data<float>()[i], 3.0f);
  }
}

// A sample of twice the scale moves twice as far.
TEST(RandomBuilders, GammaNumbersCanBeDifferentiatedByScale) {
  Builder b;
  const Output beta = b.Constant(Tensor(2.0f)), alpha = b.Constant(Tensor(3.0f));
  const Output y = ops::RandomGamma(b, {4}, alpha, {.beta = beta, .seed = 1});
  const Output sum = ops::ReduceSum(y);
  const std::vector<Output> g = Gradients({sum}, {beta, alpha});
  const std::vector<Tensor> r = Session(b, {.threads = 1}).Run(std::vector<Output>{sum, g[0], g[1]}).value();
  EXPECT_NEAR(r[1].data<float>()[0], -r[0].data<float>()[0] / 2, 1e-5);
  EXPECT_GT(r[2].data<float>()[0], 0);
}

}  // namespace
}  // namespace weir
