// Kernels of summaries: the messages are runtime/io's.
#include <fmt/format.h>

#include <cmath>

#include "weir/ops/kernels.h"
#include "weir/runtime/io/summary.h"

namespace weir {

namespace {

// Runs `make`, which gives the bytes of output 0.
template <class Make>
void GiveBytes(PrepareContext& c, Make make) {
  c.set_output_shape(0, Shape());
  c.SetRun([make](RunArgs& a) {
    Result<std::string> bytes = make(a);
    if (bytes.ok()) *a.out<std::string>(0) = std::move(*bytes);
    else a.Fail(bytes.status());
  });
}

Status PrepareScalarSummary(PrepareContext& c) {
  const Shape &tags = c.input_shape(0), &values = c.input_shape(1);
  const int64_t n = values.num_elements();
  if (!(tags == values) && !(tags.num_elements() == 1 && n == 1)) {
    return InvalidArgument(
        fmt::format("wants a tag for each value, not {} and {}", tags.ToString(), values.ToString()));
  }
  return c.ForType(RealTypes{}, c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    GiveBytes(c, [n](RunArgs& a) {
      std::vector<io::SummaryValue> all;
      for (int64_t i = 0; i < n; ++i) all.push_back({a.in<std::string>(0)[i], static_cast<float>(a.in<T>(1)[i])});
      return io::SummaryBytes(all);
    });
  });
}

Status PrepareHistogramSummary(PrepareContext& c) {
  if (c.input_shape(0).num_elements() != 1)
    return InvalidArgument(fmt::format("wants one tag, not {}", c.input_shape(0).ToString()));
  return c.ForType(RealTypes{}, c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    GiveBytes(c, [n = c.input_shape(1).num_elements()](RunArgs& a) -> Result<std::string> {
      const std::string& tag = *a.in<std::string>(0);
      io::Histogram histogram;
      for (int64_t i = 0; i < n; ++i) {
        const auto v = static_cast<double>(a.in<T>(1)[i]);
        if (!std::isfinite(v))
          return InvalidArgument(fmt::format("{} in the histogram '{:.100}'", std::isnan(v) ? "NaN" : "Infinity", tag));
        histogram.Add(v);
      }
      return io::SummaryBytes({{tag, std::move(histogram)}});
    });
  });
}

Status PrepareMergeSummary(PrepareContext& c) {
  std::vector<int64_t> counts;
  for (int i = 0; i < c.num_inputs(); ++i) counts.push_back(c.input_shape(i).num_elements());
  GiveBytes(c, [counts](RunArgs& a) {
    std::vector<std::string> all;
    for (size_t i = 0; i < counts.size(); ++i) {
      const std::string* summaries = a.in<std::string>(static_cast<int>(i));
      all.insert(all.end(), summaries, summaries + counts[i]);
    }
    return io::MergeSummaries(all);
  });
  return {};
}

}  // namespace

void RegisterSummaryKernels(KernelRegistry& r) {
  r.Add("ScalarSummary", PrepareScalarSummary);
  r.Add("HistogramSummary", PrepareHistogramSummary);
  r.Add("MergeSummary", PrepareMergeSummary);
}

}  // namespace weir
