// Summaries: what a run says of itself, as TensorFlow's Summary messages, which TensorBoard shows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "weir/graph/base/tensor.h"

namespace weir::io {

// What a histogram says of its values.
struct HistogramCounts {
  double min = 0, max = 0, count = 0, sum = 0, sum_squares = 0;
  std::vector<std::pair<double, double>> buckets;  // {upper end, how many}: runs of empty ones as one
};

// How many values lie up to each of growing limits, by TensorFlow's default limits (each 10 % above the last).
class Histogram {
 public:
  Histogram();
  void Add(double value);
  HistogramCounts Counts() const;

 private:
  std::vector<double> in_buckets_;
  HistogramCounts all_;  // but for the buckets
};

struct SummaryImage {
  int height = 0, width = 0, channels = 0;  // 1: grey, 3: RGB, 4: RGBA
  std::string png;
};

struct SummaryAudio {
  float sample_rate = 0;
  int64_t channels = 0, frames = 0;
  std::string wav;
};

struct SummaryValue {
  std::string tag;
  // A tensor of numbers, bools or strings.
  std::variant<float, HistogramCounts, Tensor, SummaryImage, SummaryAudio> value;
  std::optional<std::string> metadata = {};                    // a SummaryMetadata message
  std::string node = {};
};

// A TensorProto that holds the tensor, of numbers, bools or strings. Error: it would be larger than messages can be.
Result<std::string> TensorBytes(const Tensor& tensor);
// The tensor that a TensorProto holds; an opaque one where its dtype has no form in files. Errors go on after a node's
// name: bytes that are no message, or hold no tensor that can be.
Result<Tensor> TensorOfBytes(std::string_view bytes);
// The message's bytes. Error: metadata that are none.
Result<std::string> SummaryBytes(const std::vector<SummaryValue>& values);
// One message of the values of all. Errors: bytes that are none; a tag that two values have.
Result<std::string> MergeSummaries(std::span<const std::string> summaries);

}  // namespace weir::io
