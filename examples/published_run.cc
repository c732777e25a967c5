// A training run whose numbers were published: a net of 2, 3 and 1 units learns x0 + x1 < 1 from 128 random points,
// with TensorFlow 1 and NumPy. Seeds, random ops, products, gradients and Adam must all agree with TensorFlow for the
// same five losses to come out, to the last digit printed.
//
//   published_run [--save DIR]       leaves the graph and the trained variables in DIR
#include <weir/weir.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <random>
#include <vector>

#include "support/options.h"

using namespace weir;
using namespace weir::ops;

namespace {

// The doubles of numpy.random.RandomState(seed).rand(): two words of a Mersenne twister give 53 bits.
class NumpyRandom {
 public:
  explicit NumpyRandom(uint32_t seed) : twister_(seed) {}
  double Next() {
    const double high = twister_() >> 5, low = twister_() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

 private:
  std::mt19937 twister_;
};

// Prints a matrix; whether it is the published one within 1e-6.
bool PrintAndCompare(const char* name, const Tensor& matrix, const std::vector<double>& published) {
  std::cout << name << " = " << matrix << "\n";
  const float* values = matrix.data<float>();
  return std::equal(published.begin(), published.end(), values,
                    [](double p, float v) { return std::abs(p - v) <= 1e-6; });
}

constexpr int kExamples = 128, kBatch = 8, kSteps = 5000;

}  // namespace

int main(int argc, char** argv) {
  Tensor points = Tensor::Zeros(kFloat, {kExamples, 2}), labels = Tensor::Zeros(kFloat, {kExamples, 1});
  NumpyRandom random(1);
  for (int i = 0; i < kExamples; ++i) {
    const double x0 = random.Next(), x1 = random.Next();
    points.mutable_data<float>()[2 * i] = static_cast<float>(x0);
    points.mutable_data<float>()[2 * i + 1] = static_cast<float>(x1);
    labels.mutable_data<float>()[i] = x0 + x1 < 1 ? 1 : 0;
  }

  Builder g;
  Variable w1(RandomNormal(g, {2, 3}, {.stddev = 1, .seed = 1}));
  Variable w2(RandomNormal(g, {3, 1}, {.stddev = 1, .seed = 1}));
  Output x = Placeholder(g, kFloat, {None, 2}, {.name = "x-input"}),
         wanted = Placeholder(g, kFloat, {None, 1}, {.name = "y-input"});
  Output y = MatMul(MatMul(x, w1), w2);
  Output cross_entropy = -ReduceMean(wanted * Log(ClipByValue(y, 1e-10, 1.0)));
  Operation train = AdamOptimizer(0.001).Minimize(cross_entropy);
  Operation init = GlobalVariablesInitializer(g);

  Session session(g);
  session.Run(init).Check();
  for (int step = 0; step < kSteps; ++step) {
    const int start = step * kBatch % kExamples;
    // Rows of the data without a copy.
    const Tensor batch_points = Tensor::Wrap(kFloat, {kBatch, 2}, points.mutable_data<float>() + 2 * start);
    const Tensor batch_labels = Tensor::Wrap(kFloat, {kBatch, 1}, labels.mutable_data<float>() + start);
    session.Run(train, {{x, batch_points}, {wanted, batch_labels}}).Check();
    if (step % 1000 == 0) {
      const float loss = session.Run(cross_entropy, {{x, points}, {wanted, labels}}).value().scalar<float>();
      std::printf("After %d training step(s), cross entropy on all data is %.6g\n", step, loss);
    }
  }
  examples::SaveModel(g, session, examples::OptionValue(argc, argv, "--save", ""));
  const bool agrees1 = PrintAndCompare("w1", session.GetVariable(w1.name()).value(),
                                       {-1.9618274, 2.58235407, 1.68203783, -3.4681716, 1.06982327, 2.11788989});
  const bool agrees2 =
      PrintAndCompare("w2", session.GetVariable(w2.name()).value(), {-1.8247149, 2.68546653, 1.41819501});
  const bool agree = agrees1 && agrees2;
  std::cout << (agree ? "weights agree with the published ones within 1e-6\n"
                      : "weights differ from the published ones\n");
  return agree ? 0 : 1;
}
