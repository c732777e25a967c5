// Recognises handwritten digits by a small convolutional network: the whole life of a model in one program.
//
//   digits                          trains 30 epochs on the 8×8 digits of examples/data and tests
//   digits --resume --epochs 40     continues from the last checkpoint, bit for bit as if never interrupted
//   digits --data DIR               takes MNIST's IDX files in DIR instead (gzipped or not), 2 epochs
//
// It saves the graph (MODEL/graph.pb) and, after each epoch, a checkpoint (MODEL/net-STEP): what `graphdef run` and
// TensorFlow read too.
#include <weir/weir.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "support/images.h"
#include "support/progress.h"

using namespace weir;
using namespace examples;

namespace {

struct Options {
  std::string data;  // MNIST's folder; empty: the digits of the repository
  std::string model = "digits-model";
  int epochs = 0;  // 0: 30, or 2 of MNIST
  int threads = 0;
  bool resume = false;
};

constexpr int kBatch = 32;

// The network and what trains and tests it.
struct Model {
  Output images, labels, keep_prob;  // fed; keep_prob is 1, no dropout, unless fed
  Output answer, correct, loss;
  Operation train, init;
  Variable step;
};

// Two convolutions, a pool, a hidden layer with dropout, and a softmax over the ten digits.
Model BuildModel(Builder& g, int64_t height, int64_t width) {
  Model m;
  m.images = ops::Placeholder(g, kFloat, {None, height, width, 1}, {.name = "images"});
  m.labels = ops::Placeholder(g, kInt32, {None}, {.name = "labels"});
  m.keep_prob = ops::PlaceholderWithDefault(g.Constant(1.0f), PartialShape::Scalar(), {.name = "keep_prob"});

  const Regularizer l2 = ops::L2Regularizer(1e-4);
  const layers::Conv2DOptions conv = {.padding = "same", .activation = ops::Relu, .kernel_regularizer = l2};
  Output net = layers::Conv2D(m.images, 16, 3, conv);
  net = layers::Conv2D(net, 32, 3, conv);
  net = layers::MaxPooling2D(net, 2, 2);
  net = layers::Dense(layers::Flatten(net), 64, {.activation = ops::Relu, .kernel_regularizer = l2});
  net = ops::Dropout(net, m.keep_prob);
  Output logits = layers::Dense(net, 10, {.kernel_regularizer = l2, .name = "logits"});

  m.answer = ops::ArgMax(logits, 1, {.output_type = kInt32, .name = "answer"});
  m.correct = ops::ReduceSum(ops::Cast(ops::Equal(m.answer, m.labels), kInt32));
  losses::SparseSoftmaxCrossEntropy(m.labels, logits);
  m.loss = losses::GetTotalLoss(g);  // the cross-entropy and the L2 losses

  m.step = GetOrCreateGlobalStep(g);
  m.train = AdamOptimizer(0.001).Minimize(m.loss, {.global_step = m.step});
  m.init = GlobalVariablesInitializer(g);
  return m;
}

// Trains up to `epochs` epochs, a checkpoint after each, beginning after those that the variables have seen already.
void Train(Session& session, const Model& m, const Images& data, int epochs, const std::string& checkpoint) {
  const int steps = static_cast<int>(data.count() / kBatch);
  const int done = static_cast<int>(session.GetVariable(m.step.name()).value().scalar<int64_t>() / steps);
  const Saver saver(&session);
  Progress progress("epoch", epochs, steps, done);
  for (int epoch = done; epoch < epochs; ++epoch) {
    // Why by number: a resumed run must draw the order that an uninterrupted one would have drawn.
    const std::vector<int> order = ShuffledOrder(data.count(), epoch);
    for (int step = 0; step < steps; ++step) {
      const std::span<const int> batch(order.data() + step * kBatch, kBatch);
      const Feeds feeds = {
          {m.images, Rows(data.pixels, batch)}, {m.labels, Rows(data.labels, batch)}, {m.keep_prob, 0.5}};
      const std::vector<Tensor> results = session.Run({m.loss}, feeds, {m.train}).value();
      progress.Step(results[0].scalar<float>());
    }
    progress.EndRound();
    (void)saver.Save(checkpoint, int64_t{epoch + 1} * steps).value();
  }
}

// The share of images that the network tells right.
double Accuracy(const Session& session, const Model& m, const Images& data) {
  int64_t right = 0;
  for (int64_t start = 0; start < data.count(); start += 500) {
    std::vector<int> batch;
    for (int64_t i = start; i < std::min(start + 500, data.count()); ++i) batch.push_back(static_cast<int>(i));
    const Tensor correct =
        session.Run(m.correct, {{m.images, Rows(data.pixels, batch)}, {m.labels, Rows(data.labels, batch)}}).value();
    right += correct.scalar<int32_t>();
  }
  return static_cast<double>(right) / static_cast<double>(data.count());
}

// Draws some images with the network's answers.
void ShowSome(const Session& session, const Model& m, const Images& data) {
  const int count = data.pixels.shape()[2] > 8 ? 2 : 5;
  std::vector<int> some;
  for (int i = 0; i < count; ++i) some.push_back(static_cast<int>(data.count() * i / count) + 3);
  const Tensor answers = session.Run(m.answer, {{m.images, Rows(data.pixels, some)}}).value();
  std::vector<std::string> captions;
  for (int i = 0; i < count; ++i) {
    const int answer = answers.data<int32_t>()[i], label = data.labels.data<int32_t>()[some[i]];
    captions.push_back("says " + std::to_string(answer) + (answer == label ? "" : ", is " + std::to_string(label)));
  }
  std::cout << Draw(data, some, captions);
}

void Run(const Options& options) {
  const Collection data =
      options.data.empty() ? ReadDigits(WEIR_EXAMPLES_DATA "/digits.csv.gz") : ReadMnist(options.data);
  const int epochs = options.epochs ? options.epochs : options.data.empty() ? 30 : 2;
  std::cout << data.train.count() << " images to learn from, " << data.test.count() << " to test with\n";

  Builder g;
  const Model m = BuildModel(g, data.train.pixels.shape()[1], data.train.pixels.shape()[2]);
  g.status().Check();
  std::filesystem::create_directories(options.model);
  SaveGraph(g.graph(), options.model + "/graph.pb").Check();

  Session session(g, {.threads = options.threads});
  session.Run(m.init).Check();
  if (options.resume) {
    const std::string checkpoint = LatestCheckpoint(options.model).value();
    std::cout << "continues from " << checkpoint << "\n";
    Saver(&session).Restore(checkpoint).Check();
  }
  Train(session, m, data.train, epochs, options.model + "/net");

  ShowSome(session, m, data.test);
  std::printf("test accuracy %.1f %%\n", 100 * Accuracy(session, m, data.test));
}

Options CommandLine(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&] {
      if (i + 1 == argc) throw Error(Code::kInvalidArgument, flag + " needs a value");
      return std::string(argv[++i]);
    };
    if (flag == "--resume") options.resume = true;
    else if (flag == "--data") options.data = value();
    else if (flag == "--model") options.model = value();
    else if (flag == "--epochs") options.epochs = std::atoi(value().c_str());
    else if (flag == "--threads") options.threads = std::atoi(value().c_str());
    else
      throw Error(Code::kInvalidArgument,
                  "usage: digits [--resume] [--epochs N] [--model DIR] [--data DIR] [--threads N]");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Run(CommandLine(argc, argv));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
