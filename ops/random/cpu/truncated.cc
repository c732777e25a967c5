// The kernel of ParameterizedTruncatedNormal. Numbers are rejected until enough of them lie within the bounds, batch
// after batch from one stream of blocks, so it is a single item. Which of three ways (Robert, "Simulation of truncated
// normal variables", 1995) a batch takes, and each rounding, is TensorFlow's rule.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "weir/ops/random/cpu/distributions.h"
#include "weir/ops/random/cpu/generator.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

constexpr int kMostTries = 1000;  // one after the other
constexpr int64_t kBatch = 100;   // what is drawn by the same parameters

// Draws the numbers of one batch after the other. Each step of arithmetic is rounded to T.
template <class T>
class TruncatedSampler {
 public:
  using Wide = kernels::Wide<T>;
  static Wide R(Wide v) { return static_cast<Wide>(static_cast<T>(v)); }

  explicit TruncatedSampler(Philox generator) : generator_(generator) {}

  // False: the parameters are none.
  bool SetParameters(Wide mean, Wide stddev, Wide low, Wide high) {
    const bool bounded = std::isfinite(low) || std::isfinite(high);
    if (!(stddev > 0) || !(low < high) || !bounded) return false;
    // Where there is one bound it becomes the lower one, two on one side become positive.
    if (low == -std::numeric_limits<Wide>::infinity() || high < mean) std::swap(low, high), stddev = -stddev;
    mean_ = mean, stddev_ = stddev;
    low_ = R(R(low - mean) / stddev), high_ = R(R(high - mean) / stddev);
    return true;
  }

  // False: after too many numbers there are too few within the bounds.
  bool Fill(T* out, int64_t n) {
    tries_ = 0;
    const Wide root = R(std::sqrt(R(R(low_ * low_) + 4)));
    const Wide shifted = R(Wide(0.5) + R(R(low_ * R(low_ - root)) / 4));
    const Wide cutoff = R(R(2 * R(std::exp(shifted))) / R(low_ + root)), range = R(high_ - low_);
    const Wide inside = R(Wide(1.3));
    if ((low_ < -inside && high_ >= 0) || (high_ > inside && low_ <= 0)) return FillNormally(out, n);
    return range < cutoff ? FillEvenly(out, n, range) : FillByTail(out, n);
  }

 private:
  static constexpr int kSize = kGroup<T>;

  // Whether to go on after a number that was accepted or not.
  bool Count(bool accepted) {
    tries_ = accepted ? 0 : tries_ + 1;
    return tries_ <= kMostTries;
  }
  void Keep(T** out, Wide z) { *(*out)++ = T(R(R(z * stddev_) + mean_)); }

  bool FillNormally(T* out, int64_t n) {
    for (T* const end = out + n; out < end;) {
      T drawn[kSize];
      FillNormal(generator_.Next(), drawn);
      for (int i = 0; i < kSize && out < end; ++i) {
        const bool accepted = drawn[i] >= low_ && drawn[i] <= high_;
        if (accepted) Keep(&out, drawn[i]);
        if (!Count(accepted)) return false;
      }
    }
    return true;
  }

  bool FillEvenly(T* out, int64_t n, Wide range) {
    const Wide plus = low_ < 0 ? 0 : R(low_ * low_);
    for (T* const end = out + n; out < end;) {
      T drawn[kSize], chance[kSize];
      FillUniform(generator_.Next(), drawn);
      FillUniform(generator_.Next(), chance);
      for (int i = 0; i < kSize && out < end; ++i) {
        const Wide z = R(R(drawn[i] * range) + low_), g = R(R(plus - R(z * z)) / 2);
        const bool accepted = chance[i] <= R(std::exp(g)) || tries_ + 1 >= kMostTries;
        if (accepted) Keep(&out, z);
        Count(accepted);
      }
    }
    return true;
  }

  bool FillByTail(T* out, int64_t n) {
    const Wide alpha = R(R(low_ + R(std::sqrt(R(R(low_ * low_) + 4)))) / 2);
    for (T* const end = out + n; out < end;) {
      T drawn[kSize];
      FillUniform(generator_.Next(), drawn);
      for (int i = 0; i < kSize && out < end; i += 2) {
        const Wide z = R(R(-R(std::log(Wide(drawn[i]))) / alpha) + low_);
        const Wide x = low_ < alpha ? R(alpha - z) : R(low_ - alpha);
        const Wide g = R(std::exp(R(R(-x * x) / 2)));
        const bool accepted = drawn[i + 1] <= g && z < high_;
        if (accepted) Keep(&out, z);
        if (!Count(accepted)) return false;
      }
    }
    return true;
  }

  Philox generator_;
  Wide mean_ = 0, stddev_ = 1, low_ = 0, high_ = 0;  // the bounds in deviations from the mean
  int tries_ = 0;
};

// How the numbers are cut: by what the parameters are given for, or, where all are scalars (means and deviations may
// be vectors of one element), by a fixed size.
struct Batches {
  int64_t count = 0, size = 0, numbers = 0;
  bool one_set = true;
};

Result<Batches> BatchesOf(const PrepareContext& c) {
  const Shape& out = c.output_shape(0);
  if (out.rank() == 0) return InvalidArgument("needs a shape of at least one axis");
  Batches b{0, 0, out.num_elements()};
  for (int i = 1; i < 5; ++i) {
    const Shape& s = c.input_shape(i);
    const bool one = s.rank() == 0 || (s.rank() == 1 && s[0] == 1);
    if (!one && !(s.rank() == 1 && s[0] == out[0])) {
      return InvalidArgument(fmt::format("needs a scalar or one parameter for each of the {} rows, got {}", out[0],
                                         s.ToString()));
    }
    b.one_set &= s.rank() == 0 || (i <= 2 && one);
  }
  b.size = b.one_set ? kBatch : out[0] == 0 ? 0 : b.numbers / out[0];
  b.count = b.one_set ? (b.numbers + kBatch - 1) / kBatch : out[0];
  return b;
}

Status PrepareTruncated(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Batches b, BatchesOf(c));
  c.set_workspace(kGeneratorBytes);
  const uint64_t per_batch = 2 * uint64_t{kMostTries} * static_cast<uint64_t>(b.size + 3) / 4;
  WEIR_RETURN_IF_ERROR(StartGenerator(c, {Source::kState}, static_cast<uint64_t>(b.count) * per_batch));
  std::array<bool, 5> many{};
  for (int i = 1; i < 5; ++i) many[static_cast<size_t>(i)] = c.input_shape(i).num_elements() > 1;
  c.ParallelOver(1, 20 * static_cast<double>(b.numbers));
  return c.ForType(Types<Half, float, double>{}, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([b, many](RunArgs& a) {
      TruncatedSampler<T> sampler(*a.workspace<Philox>());
      for (int64_t k = 0; k < b.count && !a.cancelled(); ++k) {
        auto parameter = [&](int i) {
          return static_cast<kernels::Wide<T>>(a.in<T>(i)[many[static_cast<size_t>(i)] ? k : 0]);
        };
        if (!sampler.SetParameters(parameter(1), parameter(2), parameter(3), parameter(4))) {
          return a.Fail(InvalidArgument(
              fmt::format("needs stdevs > 0 and minvals < maxvals, one of them finite, got {}, {} and {}", parameter(2),
                          parameter(3), parameter(4))));
        }
        const int64_t from = k * b.size;
        if (!sampler.Fill(a.out<T>(0) + from, std::min(b.size, b.numbers - from))) {
          return a.Fail(InvalidArgument(
              fmt::format("has drawn {} numbers in a row outside of the bounds", kMostTries)));
        }
      }
    });
  });
}

}  // namespace

void RegisterRandomTruncatedKernels(KernelRegistry& r) {
  r.Add("ParameterizedTruncatedNormal", PrepareTruncated).NeedsValue({0});
}

}  // namespace weir
