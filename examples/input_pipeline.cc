// Runs a training graph of TensorFlow 1 that reads its own input: file names in a queue, a reader of TFRecords, a queue
// that shuffles and batches, all filled by queue runners that the graph's file names. This program writes the records,
// starts the runners, and asks for training steps until the input ends.
//
//   input_pipeline [--to DIR]       what it leaves: DIR/digits.tfrecord
#include <weir/weir.h>

#include <cstdio>
#include <filesystem>

#include "support/images.h"
#include "support/options.h"

using namespace weir;
using namespace examples;

namespace {

// An Example for each image: its 64 pixels as bytes from 0 to 16, and its label.
void WriteRecords(const Images& digits, const std::string& path) {
  RecordWriter writer = RecordWriter::Open(path).value();
  const float* pixel = digits.pixels.data<float>();
  for (int64_t i = 0; i < digits.count(); ++i) {
    std::string bytes;
    for (int p = 0; p < 64; ++p) bytes.push_back(static_cast<char>(*pixel++ * 16 + 0.5f));
    Example example;
    example.features["image"] = std::vector<std::string>{bytes};
    example.features["label"] = std::vector<int64_t>{digits.labels.data<int32_t>()[i]};
    writer.Write(example.Serialize().value()).Check();
  }
  writer.Close().Check();
}

double Accuracy(const Session& session, const Images& digits) {
  const Tensor x = digits.pixels.Reshaped({digits.count(), 64}).value();
  const Tensor told = session.Run({{"x", x}}, {"digit"}).value()[0];
  int64_t right = 0;
  for (int64_t i = 0; i < digits.count(); ++i) right += told.data<int32_t>()[i] == digits.labels.data<int32_t>()[i];
  return 100.0 * static_cast<double>(right) / static_cast<double>(digits.count());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = OptionValue(argc, argv, "--to", "digit_records");
  const Collection digits = ReadDigits(WEIR_EXAMPLES_DATA "/digits.csv.gz");
  std::filesystem::create_directories(folder);
  WriteRecords(digits.train, folder + "/digits.tfrecord");

  // The graph as it is, but for the names of its files.
  Builder g;
  Output files = g.Constant(Tensor::Vector(std::vector<std::string>{folder + "/digits.tfrecord"}), {.name = "mine"});
  ImportMetaGraph(g, WEIR_EXAMPLES_DATA "/digit_reader.meta", {.prefix = "", .input_map = {{"files:0", files}}});
  g.status().Check();
  Session session(g, {.allow_file_ops = true});
  session.Run(NamedFeeds{}, {}, {"start"}).status().Check();

  Coordinator coordinator;
  StartQueueRunners(session, QueueRunnersOf(g).value(), &coordinator).Check();
  int steps = 0;
  while (!coordinator.ShouldStop()) {
    auto loss = session.Run(NamedFeeds{}, {"loss"}, {"train"});
    if (!loss.ok()) coordinator.RequestStop(loss.status());  // OutOfRange: the input has ended
    else if (++steps % 300 == 0) std::printf("step %d  loss %.3f\n", steps, (*loss)[0].scalar<float>());
  }
  coordinator.Join().Check();
  std::printf("the input ended after %d steps; %.1f %% of %d other images are told right\n", steps,
              Accuracy(session, digits.test), static_cast<int>(digits.test.count()));
}
