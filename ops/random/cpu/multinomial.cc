// Kernels of Multinomial and its stateless form: classes by inversion of the summed probabilities. A row's words lie
// where the rows before it, were they drawn one after the other, have ended: that is what TensorFlow's kernel gives in
// one thread (in several, its numbers depend on how rows were shared out).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/ops/random/cpu/distributions.h"
#include "weir/ops/random/cpu/generator.h"

namespace weir {

namespace {

// The sums of exp(logit - largest) up to each class; what is not finite counts as nothing.
template <class T>
void SumUp(const T* logits, int64_t classes, double* sums) {
  double largest = std::numeric_limits<double>::lowest(), total = 0;
  for (int64_t j = 0; j < classes; ++j) {
    const auto logit = static_cast<double>(logits[j]);
    if (std::isfinite(logit)) largest = std::max(largest, logit);
  }
  for (int64_t j = 0; j < classes; ++j) {
    const auto logit = static_cast<double>(logits[j]);
    if (std::isfinite(logit)) total += std::exp(logit - largest);
    sums[j] = total;
  }
}

// Each sample takes two words.
PhiloxWords WordsOfRow(const Philox& generator, int64_t row, int64_t samples) {
  const uint64_t before = static_cast<uint64_t>(row) * static_cast<uint64_t>(samples);
  PhiloxWords words(generator.At(before / 2));
  if (before % 2 == 1) UniformDouble(words);
  return words;
}

template <class Out>
void DrawRow(PhiloxWords words, const double* sums, int64_t classes, int64_t samples, Out* out) {
  for (int64_t j = 0; j < samples; ++j) {
    const double find = UniformDouble(words) * sums[classes - 1];
    out[j] = static_cast<Out>(std::upper_bound(sums, sums + classes, find) - sums);
  }
}

struct Sizes {
  int64_t batch, classes, samples;
};

Result<Sizes> SizesOf(const PrepareContext& c) {
  const Shape& logits = c.input_shape(0);
  if (logits.rank() != 2 || c.input_shape(1).rank() != 0) {
    return InvalidArgument(fmt::format("needs logits [batch,classes] and a scalar num_samples, got {} and {}",
                                       logits.ToString(), c.input_shape(1).ToString()));
  }
  const int64_t samples = c.ints(1)[0];
  if (samples < 0) return InvalidArgument(fmt::format("cannot draw num_samples = {}", samples));
  if (logits[1] == 0 || logits[1] > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument(fmt::format("cannot draw from {} classes", logits[1]));
  }
  return Sizes{logits[0], logits[1], samples};
}

Status PrepareMultinomial(PrepareContext& c, Source source) {
  WEIR_ASSIGN_OR_RETURN(const Sizes s, SizesOf(c));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {s.batch, s.samples}));
  c.set_workspace(kGeneratorBytes);
  const uint64_t rounded = static_cast<uint64_t>(s.samples + 3) / 4 * 4 * 2;
  WEIR_RETURN_IF_ERROR(StartGenerator(c, source, static_cast<uint64_t>(s.batch) * rounded * kBlocksPerOutput));
  c.set_own_workspace(s.classes * static_cast<int64_t>(sizeof(double)));
  const auto classes = static_cast<double>(s.classes), samples = static_cast<double>(s.samples);
  c.ParallelOver(s.batch, 10 * classes + samples * (5 + 3 * std::log2(classes)));
  return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([s, narrow = c.output_dtype(0) == kInt32](RunArgs& a) {
      auto* sums = a.own<double>();
      for (int64_t row = a.begin; row < a.end; ++row) {
        SumUp(a.in<T>(0) + row * s.classes, s.classes, sums);
        const PhiloxWords words = WordsOfRow(*a.workspace<Philox>(), row, s.samples);
        const int64_t at = row * s.samples;
        if (narrow) DrawRow(words, sums, s.classes, s.samples, a.out<int32_t>(0) + at);
        else DrawRow(words, sums, s.classes, s.samples, a.out<int64_t>(0) + at);
      }
    });
  });
}

}  // namespace

void RegisterRandomMultinomialKernels(KernelRegistry& r) {
  auto add = [&](const char* op, Source source) {
    r.Add(op, [source](PrepareContext& c) { return PrepareMultinomial(c, source); }).NeedsValue({1});
  };
  add("Multinomial", {Source::kState});
  add("StatelessMultinomial", {Source::kSeed, 2});
}

}  // namespace weir
