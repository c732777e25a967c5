// AdjustContrastv2: sums of shares of each image, channel by channel, their means, then the pixels. How an image is
// shared out is told by its own size, so that its bits do not depend on the batch.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

struct ContrastProblem {
  int64_t images = 0, pixels = 0, channels = 0, shares = 1;
  int64_t means_at = 0;  // in the workspace, behind the sums

  double* Sums(const RunArgs& a, int64_t image, int64_t share) const {
    return a.workspace<double>() + (image * shares + share) * channels;
  }
  float* Means(const RunArgs& a, int64_t image) const {
    return reinterpret_cast<float*>(a.workspace<char>() + means_at) + image * channels;
  }
};

template <class T>
void SumShare(const ContrastProblem& p, RunArgs& a, int64_t image, int64_t share) {
  double* sums = p.Sums(a, image, share);
  std::fill_n(sums, p.channels, 0.0);
  const Span pixels = Share(p.pixels, p.shares, share);
  const T* in = a.in<T>(0) + (image * p.pixels + pixels.begin) * p.channels;
  for (int64_t i = 0; i < pixels.size(); ++i, in += p.channels) {
    for (int64_t k = 0; k < p.channels; ++k) sums[k] += double(in[k]);
  }
}

template <class T>
void SetContrast(PrepareContext& c, const ContrastProblem& p) {
  c.Before(p.images * p.shares, double(p.pixels / p.shares * p.channels), [p](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) SumShare<T>(p, a, i / p.shares, i % p.shares);
  });
  c.Before(p.images, double(p.channels * p.shares), [p](RunArgs& a) {
    for (int64_t image = a.begin; image < a.end; ++image) {
      for (int64_t k = 0; k < p.channels; ++k) {
        double sum = 0;
        for (int64_t share = 0; share < p.shares; ++share) sum += p.Sums(a, image, share)[k];
        p.Means(a, image)[k] = float(sum / double(p.pixels));
      }
    }
  });
  c.ParallelOver(p.images * p.pixels, double(p.channels));
  c.SetRun([p](RunArgs& a) {
    const float factor = *a.in<float>(1);
    for (int64_t i = a.begin; i < a.end; ++i) {
      const float* mean = p.Means(a, i / p.pixels);
      const T* in = a.in<T>(0) + i * p.channels;
      T* out = a.out<T>(0) + i * p.channels;
      for (int64_t k = 0; k < p.channels; ++k) out[k] = T(mean[k] + (float(in[k]) - mean[k]) * factor);
    }
  });
}

Status PrepareContrast(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  if (s.rank() < 3) return InvalidArgument(fmt::format("needs images of rank 3 at least, not {}", s.ToString()));
  if (c.input_shape(1).rank() != 0) return InvalidArgument("needs a scalar as contrast_factor");
  if (s.num_elements() == 0) return c.Nothing();
  const int64_t channels = s[s.rank() - 1], pixels = s[s.rank() - 2] * s[s.rank() - 3];
  ContrastProblem p{s.num_elements() / channels / pixels, pixels, channels};
  p.shares = std::max<int64_t>(c.PartsWorth(pixels, double(channels)), 1);
  WorkspaceLayout layout;
  layout.Add(p.images * p.shares * channels, sizeof(double));
  p.means_at = layout.Add(p.images * channels, sizeof(float));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  return c.ForType(Types<float, Half>{}, c.input_dtype(0), [&](auto t) { SetContrast<decltype(t)>(c, p); });
}

}  // namespace
}  // namespace kernels

void RegisterContrastKernels(KernelRegistry& r) {
  r.Add("AdjustContrastv2", kernels::PrepareContrast).InPlace(0, 0);
}

}  // namespace weir
