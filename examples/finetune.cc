// Goes on from a model that TensorFlow 1 trained: its .meta and checkpoint know the digits 0 to 4; a new head learns
// 5 to 9 from what it sees in them. Only the head is trained. What comes out is a .meta and a checkpoint again, which
// TensorFlow opens.
//
//   finetune [--to DIR]       what it leaves: DIR/high_digits.meta and its checkpoint
#include <weir/weir.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "support/images.h"
#include "support/options.h"

using namespace weir;
using namespace weir::ops;
using namespace examples;

namespace {

constexpr int kFirst = 5, kBatch = 32;

// The images of the digits 5 to 9, labelled from 0.
Images HighDigits(const Images& all) {
  std::vector<int> rows;
  for (int i = 0; i < all.count(); ++i) {
    if (all.labels.data<int32_t>()[i] >= kFirst) rows.push_back(i);
  }
  Images high{Rows(all.pixels, rows), Rows(all.labels, rows)};
  for (int i = 0; i < high.count(); ++i) high.labels.mutable_data<int32_t>()[i] -= kFirst;
  return high;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = OptionValue(argc, argv, "--to", "high_digits"), file = WEIR_EXAMPLES_DATA "/low_digits";
  const Collection digits = ReadDigits(WEIR_EXAMPLES_DATA "/digits.csv.gz");
  const Images train = HighDigits(digits.train), test = HighDigits(digits.test);

  Builder g;
  Output images = Placeholder(g, kFloat, {None, 8, 8, 1}, {.name = "images"});
  Output labels = Placeholder(g, kInt32, {None}, {.name = "labels"});
  const ImportedGraph old =
      ImportMetaGraph(g, file + ".meta", {.prefix = "low", .input_map = {{"images:0", images}}});
  Variable kernel(g, TruncatedNormal(g, {24, 5}, {.stddev = 0.1f, .seed = 1}), {.name = "head/kernel"});
  Variable bias(g, Tensor::Zeros(kFloat, {5}), {.name = "head/bias"});
  Output logits = Add(MatMul(old.output("features"), kernel), bias, {.name = "logits"});
  Output loss = ReduceMean(SparseSoftmaxCrossEntropyWithLogits(labels, logits));
  Output right = ReduceMean(Cast(Equal(ArgMax(logits, 1, {.output_type = kInt32}), labels), kFloat));
  Operation step = AdamOptimizer(0.02).Minimize(loss, {.var_list = {kernel, bias}});
  Operation init = GlobalVariablesInitializer(g);

  Session session(g);
  session.Run(init).Check();
  // Under the names that they had there. Adam's slots of the old training are in the graph, but not in the checkpoint.
  const RestoreReport restored = Saver(&session, {.names = old.Variables()}).RestorePartial(file).value();
  std::printf("%d old variables restored\n", static_cast<int>(restored.restored.size()));
  const Tensor before = session.GetVariable("low/conv/kernel").value();
  const Feeds all = {{images, test.pixels}, {labels, test.labels}};
  std::printf("with a head that knows nothing: %.1f %% of %d images\n",
              100 * session.Run(right, all).value().scalar<float>(), static_cast<int>(test.count()));
  for (int i = 0; i < 600; ++i) {
    const std::vector<int> order = ShuffledOrder(train.count(), static_cast<uint32_t>(i));
    const std::span<const int> batch(order.data(), kBatch);
    session.Run(step, {{images, Rows(train.pixels, batch)}, {labels, Rows(train.labels, batch)}}).Check();
  }
  std::printf("with a head that was trained:   %.1f %%\n", 100 * session.Run(right, all).value().scalar<float>());
  const bool same = before.Identical(session.GetVariable("low/conv/kernel").value());
  std::cout << "the old layers are " << (same ? "as they were" : "changed") << "\n";

  std::filesystem::create_directories(folder);
  SaveMetaGraph(g, folder + "/high_digits.meta").Check();
  Saver(&session).Save(folder + "/high_digits").status().Check();
}
