// Kernels of CTCGreedyDecoder and CTCBeamSearchDecoder. How many labels they find only the logits tell: they decode in
// Prepare, which sees these, and write what they found in Run.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "weir/ops/sequence/cpu/ctc_beam.h"
#include "weir/runtime/kernel.h"

namespace weir {

namespace {

struct Decoded {
  int64_t batch = 0;
  // By path, then sequence: labels and their probability (or what stands for it).
  std::vector<std::vector<CtcBeamSearch::Path>> paths;
};

// The logits of one step of a sequence, as doubles.
class Logits {
 public:
  explicit Logits(const PrepareContext& c) : shape_(c.input_shape(0)), tensor_(*c.input_value(0)) {
    step_.resize(static_cast<size_t>(shape_[2]));
  }
  std::span<const double> At(int64_t t, int64_t b) {
    const int64_t from = (t * shape_[1] + b) * shape_[2];
    DispatchType(tensor_.dtype(), Types<float, double>{}, [&](auto zero) {
      const auto* x = tensor_.data<decltype(zero)>() + from;
      std::copy(x, x + shape_[2], step_.begin());
    });
    return step_;
  }

 private:
  Shape shape_;
  const Tensor& tensor_;
  std::vector<double> step_;
};

// How many steps each sequence has; none where its length is negative, as TensorFlow has it.
Result<std::vector<int64_t>> StepsOf(const PrepareContext& c) {
  const Shape &inputs = c.input_shape(0), &length = c.input_shape(1);
  if (inputs.rank() != 3 || length.dims() != Dims{inputs[1]} || inputs[2] == 0 ||
      inputs[2] > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument(fmt::format("needs inputs [time,batch,classes] and a sequence_length [batch], got {} and {}",
                                       inputs.ToString(), length.ToString()));
  }
  std::vector<int64_t> steps = c.ints(1);
  for (size_t b = 0; b < steps.size(); ++b) {
    if (steps[b] > inputs[0]) {
      return InvalidArgument(fmt::format("has sequence_length[{}] = {} of {} steps", b, steps[b], inputs[0]));
    }
  }
  return steps;
}

// Sets the output shapes, and writes.
Status Write(PrepareContext& c, Decoded decoded) {
  const auto n = static_cast<int>(decoded.paths.size());
  for (int k = 0; k < n; ++k) {
    int64_t labels = 0;
    for (const auto& path : decoded.paths[static_cast<size_t>(k)]) labels += static_cast<int64_t>(path.labels.size());
    WEIR_RETURN_IF_ERROR(c.set_output_dims(k, {labels, 2}));
    WEIR_RETURN_IF_ERROR(c.set_output_dims(n + k, {labels}));
    WEIR_RETURN_IF_ERROR(c.set_output_dims(2 * n + k, {2}));
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(3 * n, {decoded.batch, n}));
  c.ParallelOver(n, 1000);
  return c.ForType(Types<float, double>{}, c.output_dtype(3 * n), [&](auto t) {
    using T = decltype(t);
    c.SetRun([n, decoded](RunArgs& a) {
      for (auto k = static_cast<int>(a.begin); k < a.end; ++k) {
        auto *at = a.out<int64_t>(k), *label = a.out<int64_t>(n + k);
        int64_t most = 0;
        for (int64_t b = 0; b < decoded.batch; ++b) {
          const CtcBeamSearch::Path& path = decoded.paths[static_cast<size_t>(k)][static_cast<size_t>(b)];
          const auto length = static_cast<int64_t>(path.labels.size());
          for (int64_t i = 0; i < length; ++i) *at++ = b, *at++ = i;
          label = std::copy(path.labels.begin(), path.labels.end(), label);
          a.out<T>(3 * n)[b * n + k] = static_cast<T>(path.log_probability);
          most = std::max(most, length);
        }
        a.out<int64_t>(2 * n + k)[0] = decoded.batch;
        a.out<int64_t>(2 * n + k)[1] = most;
      }
    });
  });
}

CtcBeamSearch::Path Greedy(Logits& logits, int64_t b, int64_t steps, int64_t blank, bool merge) {
  CtcBeamSearch::Path path;
  int64_t last = -1;
  for (int64_t t = 0; t < steps; ++t) {
    const std::span<const double> step = logits.At(t, b);
    const int64_t k = std::max_element(step.begin(), step.end()) - step.begin();
    path.log_probability -= step[static_cast<size_t>(k)];
    if (k != blank && !(merge && k == last)) path.labels.push_back(k);
    last = k;
  }
  return path;
}

Status PrepareGreedy(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<int64_t> steps, StepsOf(c));
  const int64_t classes = c.input_shape(0)[2];
  int64_t blank = c.attr<int64_t>("blank_index");
  if (blank < -classes || blank >= classes) {
    return InvalidArgument(fmt::format("has blank_index = {}, which is not in [-{}, {})", blank, classes, classes));
  }
  if (blank < 0) blank += classes;
  Logits logits(c);
  Decoded decoded{static_cast<int64_t>(steps.size()), std::vector<std::vector<CtcBeamSearch::Path>>(1)};
  for (int64_t b = 0; b < decoded.batch; ++b) {
    decoded.paths[0].push_back(
        Greedy(logits, b, steps[static_cast<size_t>(b)], blank, c.attr<bool>("merge_repeated")));
  }
  return Write(c, std::move(decoded));
}

Status PrepareBeamSearch(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<int64_t> steps, StepsOf(c));
  const int64_t width = c.attr<int64_t>("beam_width"), paths = c.attr<int64_t>("top_paths");
  if (paths > width) {
    return InvalidArgument(fmt::format("cannot find top_paths = {} with a beam_width of {}", paths, width));
  }
  Logits logits(c);
  Decoded decoded{static_cast<int64_t>(steps.size()),
                  std::vector<std::vector<CtcBeamSearch::Path>>(static_cast<size_t>(paths))};
  for (int64_t b = 0; b < decoded.batch; ++b) {
    CtcBeamSearch search(c.input_shape(0)[2], width);
    for (int64_t t = 0; t < steps[static_cast<size_t>(b)]; ++t) WEIR_RETURN_IF_ERROR(search.Step(logits.At(t, b)));
    WEIR_ASSIGN_OR_RETURN(std::vector<CtcBeamSearch::Path> best, search.Best(paths, c.attr<bool>("merge_repeated")));
    for (size_t k = 0; k < best.size(); ++k) decoded.paths[k].push_back(std::move(best[k]));
  }
  return Write(c, std::move(decoded));
}

}  // namespace

void RegisterCtcDecoderKernels(KernelRegistry& r) {
  r.Add("CTCGreedyDecoder", PrepareGreedy).NeedsValue({0, 1});
  r.Add("CTCBeamSearchDecoder", PrepareBeamSearch).NeedsValue({0, 1});
}

}  // namespace weir
