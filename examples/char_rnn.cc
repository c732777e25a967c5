// Learns to write like this repository's documentation, letter by letter: an LSTM of basic ops, unrolled over 32
// letters, that reads docs/architecture.md again and again and then writes on its own.
//
//   char_rnn [--rounds N]       12 rounds of 100 steps unless told otherwise
//   char_rnn --save DIR         leaves the graph and the trained variables in DIR
//
// The training network and the one that writes share their variables by name (GetVariable).
#include <weir/weir.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "support/options.h"
#include "support/progress.h"
#include "support/text.h"

using namespace weir;
using namespace examples;

namespace {

constexpr int kHidden = 128, kLetterSize = 32, kBatch = 32, kUnrolled = 32, kStepsPerRound = 100;

// What an LSTM hands on from letter to letter, each [batch, kHidden].
struct State {
  Output memory, output;
};

// One letter, [batch, kLetterSize], further.
State LstmStep(Builder& g, const Output& letter, const State& state) {
  auto scope = VariableScope(g, "lstm", {.reuse = Reuse::kAuto});
  Variable kernel = GetVariable(g, "kernel", {kLetterSize + kHidden, 4 * kHidden});
  Variable bias = GetVariable(g, "bias", {4 * kHidden}, {.initializer = ops::ZerosInitializer()});
  Output gates = ops::BiasAdd(ops::MatMul(ops::Concat({letter, state.output}, 1), kernel), bias);
  std::vector<Output> gate = ops::Split(gates, 4, 1);
  // Why + 1: at first it should rather remember than forget.
  Output memory = state.memory * ops::Sigmoid(gate[0] + 1.0) + ops::Sigmoid(gate[1]) * ops::Tanh(gate[2]);
  return {memory, ops::Tanh(memory) * ops::Sigmoid(gate[3])};
}

// The network over `length` letters of `batch` texts.
struct Network {
  Output letters;        // int32 [batch, length], fed
  State before, after;   // zeros unless fed; fetched to go on where it stopped
  Output logits;         // [batch * length, letters of the alphabet]
};

Network BuildNetwork(Builder& g, int64_t batch, int64_t length, int64_t alphabet) {
  auto scope = VariableScope(g, "net", {.reuse = Reuse::kAuto});
  Network n;
  n.letters = ops::Placeholder(g, kInt32, {batch, length}, {.name = "letters"});
  n.before = {ops::Zeros(g, {batch, kHidden}), ops::Zeros(g, {batch, kHidden})};
  n.after = n.before;
  Variable table = GetVariable(g, "letters", {alphabet, kLetterSize});
  std::vector<Output> outputs;
  for (const Output& letter : ops::Unstack(table.Gather(n.letters), length, 1)) {
    n.after = LstmStep(g, letter, n.after);
    outputs.push_back(n.after.output);
  }
  n.logits = layers::Dense(ops::Reshape(ops::Stack(outputs, 1), {-1, kHidden}), alphabet,
                           {.reuse = Reuse::kAuto, .name = "logits"});
  return n;
}

// A text as numbers: each of its letters by its place in the alphabet.
struct Corpus {
  explicit Corpus(const std::string& text) : letters(text) {
    std::sort(letters.begin(), letters.end());
    letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
    for (char c : text) numbers.push_back(NumberOf(c));
  }
  int32_t NumberOf(char c) const { return static_cast<int32_t>(letters.find(c)); }

  std::string letters;
  std::vector<int32_t> numbers;
};

// The batch of a step: kBatch readers, spread evenly over the text, each kUnrolled letters further than a step before.
Tensor ReadersAt(const Corpus& corpus, int64_t step, int64_t offset) {
  Tensor t = Tensor::Allocate(kInt32, {kBatch, kUnrolled}).value();
  const int64_t size = static_cast<int64_t>(corpus.numbers.size());
  for (int64_t reader = 0; reader < kBatch; ++reader) {
    for (int64_t i = 0; i < kUnrolled; ++i) {
      t.mutable_data<int32_t>()[reader * kUnrolled + i] =
          corpus.numbers[(reader * size / kBatch + step * kUnrolled + i + offset) % size];
    }
  }
  return t;
}

// A letter drawn by its probability; a higher `sharpness` prefers the likely ones.
int32_t Draw(std::span<const float> logits, double sharpness, std::mt19937& random) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights;
  for (float v : logits) weights.push_back(std::exp((v - top) * sharpness));
  double total = 0;
  for (double w : weights) total += w;
  double left = total * (random() / 4294967296.0);
  for (size_t i = 0; i < weights.size(); ++i) {
    if ((left -= weights[i]) < 0) return static_cast<int32_t>(i);
  }
  return static_cast<int32_t>(weights.size() - 1);
}

// Text of the network's own, after `start`.
std::string Write(const Session& session, const Network& n, const Corpus& corpus, const std::string& start,
                  int length) {
  std::string text = start;
  std::mt19937 random(1);
  Tensor memory = Tensor::Zeros(kFloat, {1, kHidden}), output = memory;
  for (size_t i = 0; i < start.size() + length - 1; ++i) {
    const Tensor letter = Tensor::Of<int32_t>({1, 1}, {corpus.NumberOf(text[i])});
    const std::vector<Tensor> results =
        session
            .Run({n.logits, n.after.memory, n.after.output},
                 {{n.letters, letter}, {n.before.memory, memory}, {n.before.output, output}})
            .value();
    memory = results[1], output = results[2];
    if (i + 1 == text.size()) text += corpus.letters[Draw(results[0].span<float>(), 2.0, random)];
  }
  return text;
}

void Run(int rounds, const std::string& save) {
  std::string text = ReadTextFile(WEIR_DOCS "/architecture.md");
  std::erase_if(text, [](unsigned char c) { return c > 127; });  // so that each byte is a letter
  const Corpus corpus(text);
  const int64_t alphabet = static_cast<int64_t>(corpus.letters.size());
  std::cout << corpus.numbers.size() << " letters to read, " << alphabet << " different ones\n";

  Builder g;
  const Network reader = BuildNetwork(g, kBatch, kUnrolled, alphabet);
  const Network writer = BuildNetwork(g, 1, 1, alphabet);
  Output next = ops::Placeholder(g, kInt32, {kBatch, kUnrolled}, {.name = "next"});
  Output loss = losses::SparseSoftmaxCrossEntropy(ops::Reshape(next, {-1}), reader.logits);
  AdamOptimizer optimizer(0.005);
  std::vector<GradAndVar> gradients = optimizer.ComputeGradients(loss);
  ops::ClipGradientsByGlobalNorm(gradients, 5.0);
  Operation train = optimizer.ApplyGradients(gradients);
  Operation init = GlobalVariablesInitializer(g);
  g.status().Check();

  Session session(g);
  session.Run(init).Check();
  Progress progress("round", rounds, kStepsPerRound);
  Tensor memory = Tensor::Zeros(kFloat, {kBatch, kHidden}), output = memory;
  for (int64_t step = 0; step < int64_t{rounds} * kStepsPerRound; ++step) {
    const Feeds feeds = {{reader.letters, ReadersAt(corpus, step, 0)}, {next, ReadersAt(corpus, step, 1)},
                         {reader.before.memory, memory}, {reader.before.output, output}};
    const std::vector<Tensor> results =
        session.Run({loss, reader.after.memory, reader.after.output}, feeds, {train}).value();
    memory = results[1], output = results[2];
    progress.Step(results[0].scalar<float>());
    if ((step + 1) % kStepsPerRound == 0) progress.EndRound();
  }
  SaveModel(g, session, save);
  std::cout << "\nwhat it writes after \"The \":\n\n" << Write(session, writer, corpus, "The ", 400) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Run(std::stoi(OptionValue(argc, argv, "--rounds", "12")), OptionValue(argc, argv, "--save", ""));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
