#include "weir/runtime/io/summary.h"

#include <algorithm>
#include <limits>

#include "weir/runtime/io/messages.h"

namespace weir::io {

namespace {

constexpr double kLargest = std::numeric_limits<double>::max();

const std::vector<double>& Limits() {
  static const auto* limits = [] {
    auto* all = new std::vector<double>{-kLargest};
    std::vector<double> positive;
    for (double v = 1e-12; v < 1e20; v *= 1.1) positive.push_back(v);
    for (auto v = positive.rbegin(); v != positive.rend(); ++v) all->push_back(-*v);
    all->push_back(0);
    all->insert(all->end(), positive.begin(), positive.end());
    all->push_back(kLargest);
    return all;
  }();
  return *limits;
}

}  // namespace

Histogram::Histogram() : in_buckets_(Limits().size()) { all_.min = kLargest, all_.max = -kLargest; }

void Histogram::Add(double value) {
  const auto& limits = Limits();
  const auto at = std::upper_bound(limits.begin(), limits.end(), value) - limits.begin();
  in_buckets_[std::min(static_cast<size_t>(at), in_buckets_.size() - 1)] += 1;
  all_.min = std::min(all_.min, value), all_.max = std::max(all_.max, value);
  all_.count += 1, all_.sum += value, all_.sum_squares += value * value;
}

HistogramCounts Histogram::Counts() const {
  HistogramCounts counts = all_;
  for (size_t i = 0; i < in_buckets_.size(); ++i) {
    if (in_buckets_[i] <= 0) {
      while (i + 1 < in_buckets_.size() && in_buckets_[i + 1] <= 0) ++i;
    }
    counts.buckets.emplace_back(Limits()[i], in_buckets_[i]);
  }
  return counts;
}

Result<std::string> TensorBytes(const Tensor& tensor) {
  constexpr int64_t kMost = INT32_MAX - 4096;
  int64_t bytes = tensor.bytes();
  if (tensor.dtype() == kString) {
    for (const std::string& s : tensor.span<std::string>()) bytes += static_cast<int64_t>(s.size());
  }
  if (bytes > kMost) return ResourceExhausted("has more than the 2 GiB that a message can hold");
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  return messages->tensor_bytes(tensor);
}

Result<Tensor> TensorOfBytes(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  return messages->parse_tensor(bytes);
}

Result<std::string> SummaryBytes(const std::vector<SummaryValue>& values) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  return messages->summary_bytes(values);
}

Result<std::string> MergeSummaries(std::span<const std::string> summaries) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  return messages->merge_summaries(summaries);
}

}  // namespace weir::io
