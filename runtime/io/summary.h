// Summaries: what a run says of itself, as TensorFlow's Summary messages, which TensorBoard shows.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir::io {

// How many values lie up to each of growing limits, by TensorFlow's default limits (each 10 % above the last).
class Histogram {
 public:
  Histogram();
  void Add(double value);

  double min() const { return min_; }
  double max() const { return max_; }
  double count() const { return count_; }
  double sum() const { return sum_; }
  double sum_squares() const { return sum_squares_; }
  // {upper end, count}: runs of empty buckets as one.
  std::vector<std::pair<double, double>> Buckets() const;

 private:
  std::vector<double> counts_;
  double min_, max_, count_ = 0, sum_ = 0, sum_squares_ = 0;
};

struct SummaryValue {
  std::string tag;
  std::variant<float, Histogram> value;
};

// The message's bytes.
Result<std::string> SummaryBytes(const std::vector<SummaryValue>& values);
// One message of the values of all. Errors: bytes that are none; a tag that two values have.
Result<std::string> MergeSummaries(std::span<const std::string> summaries);

}  // namespace weir::io
