// Squeezes images of handwritten digits through eight numbers and draws them again: an autoencoder of dense layers.
//
//   autoencoder [--epochs N]       60 epochs unless told otherwise
//   autoencoder --save DIR         leaves the graph and the trained variables in DIR
#include <weir/weir.h>

#include <cstdio>
#include <iostream>
#include <numeric>
#include <string>

#include "support/images.h"
#include "support/options.h"
#include "support/progress.h"

using namespace weir;
using namespace examples;

namespace {

constexpr int kPixels = 64, kHidden = 48, kCode = 8, kBatch = 32;

void Run(int epochs, const std::string& save) {
  const Collection data = ReadDigits(WEIR_EXAMPLES_DATA "/digits.csv.gz");

  Builder g;
  Output images = ops::Placeholder(g, kFloat, {None, 8, 8, 1}, {.name = "images"});
  Output pixels = ops::Reshape(images, {-1, kPixels});
  Output hidden = layers::Dense(pixels, kHidden, {.activation = ops::Elu, .name = "encoder"});
  Output code = layers::Dense(hidden, kCode, {.name = "code"});
  hidden = layers::Dense(code, kHidden, {.activation = ops::Elu, .name = "decoder"});
  Output drawn = ops::Sigmoid(layers::Dense(hidden, kPixels, {.name = "drawing"}));
  Output loss = losses::MeanSquaredError(pixels, drawn);
  Output drawings = ops::Reshape(drawn, {-1, 8, 8, 1}, {.name = "drawings"});

  // The rate falls by half every 1,000 steps.
  Variable step = GetOrCreateGlobalStep(g);
  Output rate = ops::ExponentialDecay(0.004, step, 1000, 0.5);
  Operation train = AdamOptimizer(rate).Minimize(loss, {.global_step = step});
  Operation init = GlobalVariablesInitializer(g);
  g.status().Check();

  Session session(g);
  session.Run(init).Check();
  const int steps = static_cast<int>(data.train.count() / kBatch);
  Progress progress("epoch", epochs, steps);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const std::vector<int> order = ShuffledOrder(data.train.count(), epoch);
    for (int i = 0; i < steps; ++i) {
      const std::span<const int> batch(order.data() + i * kBatch, kBatch);
      progress.Step(
          session.Run({loss}, {{images, Rows(data.train.pixels, batch)}}, {train}).value()[0].scalar<float>());
    }
    progress.EndRound();
  }
  SaveModel(g, session, save);

  const Tensor redrawn = session.Run(drawings, {{images, data.test.pixels}}).value();
  const std::vector<int> some = {3, 92, 181, 271, 363};
  std::cout << "images that it has not seen, and what comes back from eight numbers:\n"
            << Draw(data.test, some, {}) << Draw({redrawn, data.test.labels}, some, {});
  std::printf("test error %.4f (mean square of a pixel between 0 and 1)\n",
              session.Run(loss, {{images, data.test.pixels}}).value().scalar<float>());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Run(std::stoi(OptionValue(argc, argv, "--epochs", "60")), OptionValue(argc, argv, "--save", ""));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
