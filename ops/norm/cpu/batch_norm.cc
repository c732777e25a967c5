// FusedBatchNorm and FusedBatchNormGrad, all versions. Statistics are summed in float over short stretches and those in
// double; 16-bit floats are computed in float.
//
// Items are blocks of neighbouring channels, each of which passes through everything (mean, variance, result) at once,
// so that nothing waits for another block. A block is up to 32 channels of each pixel in NHWC and one channel's
// planes in NCHW; either way the innermost loops run over `lanes` elements side by side.
#include <cmath>
#include <limits>
#include <string>

#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

constexpr int kLanes = 32;
using NormTypes = Types<float, Half, BFloat16>;

struct BatchNormProblem {
  bool planar = false;  // channels before the pixels
  int64_t images = 0, channels = 0, pixels = 0;
  float epsilon = 0, factor = 1;
  bool training = true;

  int64_t rest() const { return images * pixels; }  // elements of a channel
  int64_t blocks() const { return planar ? channels : CeilDiv(channels, kLanes); }
  Span Channels(int64_t block) const {
    return planar ? Span{block, block + 1} : Span{block * kLanes, std::min((block + 1) * kLanes, channels)};
  }
  double block_ns(double per_element) const {
    return double(rest()) * (planar ? 1 : std::min<int64_t>(channels, kLanes)) * per_element;
  }
};

BatchNormProblem MakeProblem(PrepareContext& c, const Shape& x) {
  BatchNormProblem p;
  p.planar = c.attr<std::string>("data_format").starts_with("NC");
  p.channels = x[p.planar ? 1 : x.rank() - 1];
  if (x.num_elements() > 0) p.images = x[0], p.pixels = x.num_elements() / (p.images * p.channels);
  p.epsilon = c.attr<float>("epsilon"), p.factor = c.attr<float>("exponential_avg_factor"),
  p.training = c.attr<bool>("is_training");
  return p;
}

// One value for each lane of a block.
struct alignas(64) Lanes {
  float v[kLanes] = {};
  // Those of the block's channels; a planar block has one channel in all lanes.
  static Lanes Load(const BatchNormProblem& p, Span channels, const float* values) {
    Lanes l;
    for (int i = 0; i < kLanes; ++i) l.v[i] = values[std::min(channels.begin + (p.planar ? 0 : i), channels.end - 1)];
    return l;
  }
  void Store(Span channels, float* values) const { std::copy_n(v, channels.size(), values + channels.begin); }
};

// f(at, lanes) over all elements of a block: `lanes` neighbours from `at` on.
template <class F>
inline void ForStretches(const BatchNormProblem& p, Span channels, F&& f) {
  if (p.planar) {
    for (int64_t n = 0; n < p.images; ++n) {
      const int64_t plane = (n * p.channels + channels.begin) * p.pixels;
      int64_t i = 0;
      for (; i + kLanes <= p.pixels; i += kLanes) f(plane + i, kLanes);
      if (i < p.pixels) f(plane + i, int(p.pixels - i));
    }
    return;
  }
  const int64_t rows = p.rest();
  if (channels.size() == kLanes) {  // a constant count makes vectors of the loops inside
    for (int64_t r = 0; r < rows; ++r) f(r * p.channels + channels.begin, kLanes);
  } else {
    for (int64_t r = 0; r < rows; ++r) f(r * p.channels + channels.begin, int(channels.size()));
  }
}

// Sums over each channel of the block of what value(element, lane) gives, divided by `divisor`.
template <class F>
Lanes MeanOf(const BatchNormProblem& p, Span channels, double divisor, F&& value) {
  Lanes part;
  double total[kLanes] = {};
  int stretches = 0;
  auto flush = [&] {
    for (int i = 0; i < kLanes; ++i) total[i] += part.v[i], part.v[i] = 0;
    stretches = 0;
  };
  ForStretches(p, channels, [&](int64_t at, int lanes) {
    for (int i = 0; i < lanes; ++i) part.v[i] += value(at + i, i);
    if (++stretches == 64) flush();
  });
  flush();
  if (p.planar) {
    double sum = 0;
    for (double t : total) sum += t;
    std::fill_n(total, kLanes, sum);
  }
  Lanes mean;
  for (int i = 0; i < kLanes; ++i) mean.v[i] = float(total[i] / divisor);
  return mean;
}

Lanes Precision(const BatchNormProblem& p, const Lanes& variance) {
  Lanes r;
  for (int i = 0; i < kLanes; ++i) r.v[i] = 1.0f / std::sqrt(variance.v[i] + p.epsilon);
  return r;
}

// y = (x − mean) · scale · precision + offset for one block.
template <class T>
void Normalise(const BatchNormProblem& p, Span channels, const Lanes& mean, const Lanes& variance, RunArgs& a) {
  const T* x = a.in<T>(0);
  T* y = a.out<T>(0);
  const Lanes offset = Lanes::Load(p, channels, a.in<float>(2));
  Lanes scale = Lanes::Load(p, channels, a.in<float>(1));
  const Lanes precision = Precision(p, variance);
  for (int i = 0; i < kLanes; ++i) scale.v[i] *= precision.v[i];
  ForStretches(p, channels, [&](int64_t at, int lanes) {
    for (int i = 0; i < lanes; ++i) y[at + i] = T((float(x[at + i]) - mean.v[i]) * scale.v[i] + offset.v[i]);
  });
}

template <class T>
void TrainBlock(const BatchNormProblem& p, Span channels, RunArgs& a) {
  const T* x = a.in<T>(0);
  const double n = double(p.rest());
  const Lanes mean = MeanOf(p, channels, n, [&](int64_t at, int) { return float(x[at]); });
  const Lanes variance = MeanOf(p, channels, n, [&](int64_t at, int lane) {
    const float d = float(x[at]) - mean.v[lane];
    return d * d;
  });
  const float unbiased = float(n / std::max(n - 1, 1.0));
  Lanes running_mean = mean, running_variance = variance;
  for (float& v : running_variance.v) v *= unbiased;
  if (p.factor != 1.0f) {
    const Lanes old_mean = Lanes::Load(p, channels, a.in<float>(3)),
                old_variance = Lanes::Load(p, channels, a.in<float>(4));
    for (int i = 0; i < kLanes; ++i) {
      running_mean.v[i] = (1 - p.factor) * old_mean.v[i] + p.factor * running_mean.v[i];
      running_variance.v[i] = (1 - p.factor) * old_variance.v[i] + p.factor * running_variance.v[i];
    }
  }
  running_mean.Store(channels, a.out<float>(1));
  running_variance.Store(channels, a.out<float>(2));
  mean.Store(channels, a.out<float>(3));
  variance.Store(channels, a.out<float>(4));
  Normalise<T>(p, channels, mean, variance, a);
}

template <class T>
void InferBlock(const BatchNormProblem& p, Span channels, RunArgs& a) {
  const Lanes mean = Lanes::Load(p, channels, a.in<float>(3)), variance = Lanes::Load(p, channels, a.in<float>(4));
  for (int i : {1, 3}) mean.Store(channels, a.out<float>(i));
  for (int i : {2, 4}) variance.Store(channels, a.out<float>(i));
  Normalise<T>(p, channels, mean, variance, a);
}

// No element to take statistics of: they are NaN, as TensorFlow's.
void FillWithoutElements(const BatchNormProblem& p, RunArgs& a) {
  for (int i = 1; i < 5; ++i) std::fill_n(a.out<float>(i), p.channels, std::numeric_limits<float>::quiet_NaN());
}

Status PrepareFusedBatchNorm(PrepareContext& c) {
  const BatchNormProblem p = MakeProblem(c, c.input_shape(0));
  if (c.input_dtype(1) != kFloat) return PrepareContext::NoKernelFor(c.input_dtype(1));
  const bool empty = c.input_shape(0).num_elements() == 0;
  c.ParallelOver(empty ? 1 : p.blocks(), empty ? 1 : p.block_ns(p.training ? 1.0 : 0.5));
  if (c.num_outputs() == 6) c.Before(1, 1, [](RunArgs& a) { *a.out<float>(5) = 0; });
  return c.ForType(NormTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      if (empty) return FillWithoutElements(p, a);
      auto [begin, end] = a.Range();
      for (int64_t b = begin; b < end; ++b)
        p.training ? TrainBlock<T>(p, p.Channels(b), a) : InferBlock<T>(p, p.Channels(b), a);
    });
  });
}

// dx = scale · r · (dy − mean(dy) − (x − m) · r² · mean(dy · (x − m))) with r = 1/√(v + ε); the means drop out when not
// training.
template <class T>
void GradBlock(const BatchNormProblem& p, Span channels, RunArgs& a) {
  const T *dy = a.in<T>(0), *x = a.in<T>(1);
  T* dx = a.out<T>(0);
  const Lanes mean = Lanes::Load(p, channels, a.in<float>(3)),
              precision = Precision(p, Lanes::Load(p, channels, a.in<float>(4)));
  const Lanes sum = MeanOf(p, channels, 1, [&](int64_t at, int) { return float(dy[at]); });
  const Lanes product =
      MeanOf(p, channels, 1, [&](int64_t at, int lane) { return float(dy[at]) * (float(x[at]) - mean.v[lane]); });
  Lanes scale = Lanes::Load(p, channels, a.in<float>(2)), shift, slope, dscale;
  for (int i = 0; i < kLanes; ++i) {
    dscale.v[i] = product.v[i] * precision.v[i];
    scale.v[i] *= precision.v[i];
    shift.v[i] = p.training ? float(sum.v[i] / double(p.rest())) : 0;
    slope.v[i] = p.training ? float(dscale.v[i] * precision.v[i] / double(p.rest())) : 0;
  }
  dscale.Store(channels, a.out<float>(1));
  sum.Store(channels, a.out<float>(2));
  ForStretches(p, channels, [&](int64_t at, int lanes) {
    for (int i = 0; i < lanes; ++i) {
      dx[at + i] = T(scale.v[i] * (float(dy[at + i]) - shift.v[i] - (float(x[at + i]) - mean.v[i]) * slope.v[i]));
    }
  });
}

Status PrepareFusedBatchNormGrad(PrepareContext& c) {
  const BatchNormProblem p = MakeProblem(c, c.input_shape(1));
  if (c.input_dtype(3) != kFloat) return PrepareContext::NoKernelFor(c.input_dtype(3));
  const bool empty = c.input_shape(1).num_elements() == 0;
  c.ParallelOver(empty ? 1 : p.blocks(), empty ? 1 : p.block_ns(1.0));
  return c.ForType(NormTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      if (empty) {
        for (int i : {1, 2}) std::fill_n(a.out<float>(i), p.channels, 0.0f);
        return;
      }
      auto [begin, end] = a.Range();
      for (int64_t b = begin; b < end; ++b) GradBlock<T>(p, p.Channels(b), a);
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterBatchNormKernels(KernelRegistry& r) {
  for (const char* version : {"", "V2", "V3"}) {
    r.Add(std::string("FusedBatchNorm") + version, kernels::PrepareFusedBatchNorm);
    r.Add(std::string("FusedBatchNormGrad") + version, kernels::PrepareFusedBatchNormGrad);
  }
}

}  // namespace weir
