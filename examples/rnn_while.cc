// Learns to tell which of two symbols came first in sequences of different lengths: an LSTM along time as a loop, so
// that one graph takes any length, and a row's steps behind its end change nothing.
//
//   rnn_while [--rounds N]      8 rounds of 100 steps unless told otherwise
//   rnn_while --save DIR        leaves the graph and the trained variables in DIR
#include <weir/weir.h>

#include <iostream>
#include <random>
#include <string>

#include "support/options.h"
#include "support/progress.h"

using namespace weir;
using namespace examples;

namespace {

constexpr int kBatch = 32, kUnits = 24, kSymbols = 6, kStepsPerRound = 100;

// Sequences of symbols, padded to the longest; what is asked is whether 0 comes before 1. Both are somewhere.
struct Sequences {
  Tensor symbols, lengths, answers;  // int32 [batch, time], [batch], [batch]
};

Sequences Draw(int batch, int longest, std::mt19937& random) {
  Sequences s{Tensor::Zeros(kInt32, {batch, longest}), Tensor::Zeros(kInt32, {batch}), Tensor::Zeros(kInt32, {batch})};
  auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int row = 0; row < batch; ++row) {
    const int length = 2 + below(longest - 1);
    s.lengths.at<int32_t>(row) = length;
    for (int t = 0; t < length; ++t) s.symbols.at<int32_t>(row, t) = 2 + below(kSymbols - 2);
    const int first = below(length - 1), second = first + 1 + below(length - 1 - first), answer = below(2);
    s.symbols.at<int32_t>(row, first) = answer, s.symbols.at<int32_t>(row, second) = 1 - answer;
    s.answers.at<int32_t>(row) = answer;
  }
  return s;
}

void Run(int rounds, const std::string& save) {
  Builder g;
  Output symbols = ops::Placeholder(g, kInt32, {None, None}, {.name = "symbols"});
  Output lengths = ops::Placeholder(g, kInt32, {None}, {.name = "lengths"});
  Output answers = ops::Placeholder(g, kInt32, {None}, {.name = "answers"});
  LSTMCell cell(kUnits);
  RnnResult rnn = DynamicRnn(cell, ops::OneHot(symbols, kSymbols), {.sequence_length = lengths});
  Output logits = layers::Dense(rnn.state[1], 2, {.name = "logits"});
  Output loss = losses::SparseSoftmaxCrossEntropy(answers, logits);
  Output right = ops::Cast(ops::Equal(ops::ArgMax(logits, 1), ops::Cast(answers, kInt64)), kFloat);
  Output accuracy = ops::ReduceMean(right);
  AdamOptimizer optimizer(0.01);
  std::vector<GradAndVar> gradients = optimizer.ComputeGradients(loss);
  ops::ClipGradientsByGlobalNorm(gradients, 5.0);
  Operation train = optimizer.ApplyGradients(gradients);
  Operation init = GlobalVariablesInitializer(g);
  g.status().Check();

  Session session(g);
  session.Run(init).Check();
  std::mt19937 random(1);
  auto feeds = [&](const Sequences& s) {
    return Feeds{{symbols, s.symbols}, {lengths, s.lengths}, {answers, s.answers}};
  };
  Progress progress("round", rounds, kStepsPerRound);
  for (int step = 0; step < rounds * kStepsPerRound; ++step) {
    const int longest = 4 + step % 9;  // of each length there is one plan's worth of shapes
    progress.Step(session.Run({loss}, feeds(Draw(kBatch, longest, random)), {train}).value()[0].scalar<float>());
    if ((step + 1) % kStepsPerRound == 0) progress.EndRound();
  }
  SaveModel(g, session, save);
  std::cout << "\n";
  for (int longest : {6, 12, 24}) {
    const float share = session.Run(accuracy, feeds(Draw(500, longest, random))).value().scalar<float>();
    std::cout << "right on sequences of up to " << longest << " symbols: " << 100 * share << " %\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Run(std::stoi(OptionValue(argc, argv, "--rounds", "8")), OptionValue(argc, argv, "--save", ""));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
