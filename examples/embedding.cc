// Learns what words mean from the company they keep: skip-gram word vectors with negative samples (Mikolov and others,
// 2013) over the comments of this repository's headers. Each step touches a few rows of two large tables; the gradients
// stay sparse all the way from the gather to the optimizer.
//
//   embedding [--rounds N]       16 rounds of 1,000 steps unless told otherwise
//   embedding --save DIR         leaves the graph and the trained variables in DIR
#include <weir/weir.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/options.h"
#include "support/progress.h"
#include "support/text.h"

using namespace weir;
using namespace examples;

namespace {

constexpr int kSize = 48;       // numbers of a word's vector
constexpr int kWindow = 3;      // words to either side that count as company
constexpr int kBatch = 256, kNegatives = 6;
constexpr int kStepsPerRound = 1000;

// A text as numbers, of the words that occur three times at least.
struct Vocabulary {
  std::vector<std::string> words;
  std::map<std::string, int32_t> numbers;
  std::vector<int32_t> text;

  explicit Vocabulary(const std::vector<std::string>& all) {
    std::map<std::string, int> counts;
    for (const std::string& word : all) ++counts[word];
    for (const std::string& word : all) {
      if (counts[word] < 3) continue;
      const auto [it, fresh] = numbers.emplace(word, static_cast<int32_t>(words.size()));
      if (fresh) words.push_back(word);
      text.push_back(it->second);
    }
  }
  int64_t size() const { return static_cast<int64_t>(words.size()); }
};

// Words, a neighbour of each, and words drawn from the text at random that are taken for no neighbours.
struct Batch {
  Tensor words, neighbours, strangers;
};

Batch DrawBatch(const Vocabulary& v, std::mt19937& random) {
  std::vector<int32_t> words, neighbours, strangers;
  for (int i = 0; i < kBatch; ++i) {
    const size_t at = kWindow + random() % (v.text.size() - 2 * kWindow);
    const int distance = 1 + static_cast<int>(random() % kWindow);
    words.push_back(v.text[at]);
    neighbours.push_back(v.text[random() % 2 ? at + distance : at - distance]);
    for (int k = 0; k < kNegatives; ++k) strangers.push_back(v.text[random() % v.text.size()]);
  }
  return {Tensor::Vector(words), Tensor::Vector(neighbours),
          Tensor::Vector(strangers).Reshaped({kBatch, kNegatives}).value()};
}

// The words whose vectors point in the directions nearest to this word's.
std::vector<std::string> Nearest(const Vocabulary& v, const Tensor& similarities, const std::string& word, int count) {
  std::vector<int> order(v.words.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  const float* similar = similarities.data<float>();
  std::partial_sort(order.begin(), order.begin() + count + 1, order.end(),
                    [&](int a, int b) { return similar[a] > similar[b]; });
  std::vector<std::string> nearest;
  for (int i = 0; i <= count; ++i) {
    if (v.words[order[i]] != word) nearest.push_back(v.words[order[i]]);
  }
  return nearest;
}

void Run(int rounds, const std::string& save) {
  std::string text;
  for (const char* folder : {"/graph", "/ops", "/runtime", "/session"}) {
    for (const std::string& path : FilesBelow(WEIR_HEADERS + std::string(folder), ".h"))
      text += CommentsOf(ReadTextFile(path));
  }
  const Vocabulary v(WordsOf(text));
  std::cout << v.text.size() << " words to read, " << v.size() << " different ones\n";

  Builder g;
  Output words = ops::Placeholder(g, kInt32, {None}, {.name = "words"});
  Output neighbours = ops::Placeholder(g, kInt32, {None}, {.name = "neighbours"});
  Output strangers = ops::Placeholder(g, kInt32, {None, kNegatives}, {.name = "strangers"});
  const Initializer small = ops::RandomUniformInitializer({.minval = -0.5 / kSize, .maxval = 0.5 / kSize});
  Variable vectors = GetVariable(g, "vectors", {v.size(), kSize}, {.initializer = small});
  Variable company = GetVariable(g, "company", {v.size(), kSize}, {.initializer = ops::ZerosInitializer()});

  // A word's vector times a neighbour's should be large, times a stranger's small.
  Output word = vectors.Gather(words);  // [batch, size]
  Output near = ops::ReduceSum(word * company.Gather(neighbours), 1);                                        // [batch]
  Output far = ops::ReduceSum(ops::ExpandDims(word, 1) * company.Gather(strangers), 2);  // [batch, negatives]
  Output loss = ops::ReduceMean(ops::Softplus(-near)) + kNegatives * ops::ReduceMean(ops::Softplus(far));
  Operation train = AdagradOptimizer(0.3).Minimize(loss);

  // Cosines between one word and all.
  Output unit = vectors * ops::Rsqrt(ops::ReduceSum(ops::Square(vectors), 1, {.keepdims = true}) + 1e-12);
  Output cosines = ops::Reshape(ops::MatMul(unit, ops::Gather(unit, words), {.transpose_b = true}), {-1});
  Operation init = GlobalVariablesInitializer(g);
  g.status().Check();

  Session session(g);
  session.Run(init).Check();
  Progress progress("round", rounds, kStepsPerRound);
  std::mt19937 random(1);
  for (int round = 0; round < rounds; ++round) {
    for (int step = 0; step < kStepsPerRound; ++step) {
      const Batch b = DrawBatch(v, random);
      progress.Step(
          session.Run({loss}, {{words, b.words}, {neighbours, b.neighbours}, {strangers, b.strangers}}, {train})
              .value()[0]
              .scalar<float>());
    }
    progress.EndRound();
  }
  SaveModel(g, session, save);

  for (const char* of : {"float", "shape", "gradient", "input", "axis", "thread"}) {
    const auto it = v.numbers.find(of);
    if (it == v.numbers.end()) continue;
    const Tensor similarities = session.Run(cosines, {{words, {it->second}}}).value();
    std::cout << of << ":";
    for (const std::string& near_by : Nearest(v, similarities, of, 6)) std::cout << " " << near_by;
    std::cout << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Run(std::stoi(OptionValue(argc, argv, "--rounds", "16")), OptionValue(argc, argv, "--save", ""));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
