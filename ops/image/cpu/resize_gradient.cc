// ResizeNearestNeighborGrad, ResizeBilinearGrad and ResizeBicubicGrad: each pixel of the gradient is added to those
// that it was made of. Items are bands of the images' rows, each of which reads the rows of the gradient that reach
// into it.
#include <type_traits>

#include "weir/ops/image/cpu/banded_sums.h"
#include "weir/ops/image/cpu/resampling.h"

namespace weir {
namespace kernels {
namespace {

// `taps`: how many pixels each of the gradient's is added to.
template <class T, class F>
Status SetBands(PrepareContext& c, const ResizeProblem& p, double taps, F add) {
  const Bands bands(p.n, p.y.image, int64_t(std::min(1.0f / p.y.scale, 1e6f)), kWantedBands);
  const double pixels = double(p.y.resized) * double(p.resized_row()) * taps + double(p.y.image * p.image_row());
  const double work = pixels * double(bands.count()) / double(bands.per_image);
  return SetBandedSums<T>(c, bands, p.y.image * p.image_row(), p.image_row(), work, add);
}

// ---- nearest

template <class T>
Status SetNearestGrad(PrepareContext& c, const ResizeProblem& p) {
  using A = std::conditional_t<std::is_integral_v<T>, T, Wide<T>>;
  return SetBands<T>(c, p, 1, [p](RunArgs& a, int64_t image, Span rows, A* sums) {
    for (int64_t y = 0; y < p.y.resized; ++y) {
      const int64_t to = NearestPixel(p.y, p.align_corners, y);
      if (to < rows.begin || to >= rows.end) continue;
      const T* grad = a.in<T>(0) + (image * p.y.resized + y) * p.resized_row();
      A* row = sums + (to - rows.begin) * p.image_row();
      for (int64_t x = 0; x < p.x.resized; ++x, grad += p.c) {
        A* pixel = row + NearestPixel(p.x, p.align_corners, x) * p.c;
        for (int64_t i = 0; i < p.c; ++i) pixel[i] = Plus(pixel[i], A(grad[i]));
      }
    }
  });
}

Status PrepareNearestGrad(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResizeProblem p, MakeResizeProblem(c, c.output_shape(0), c.input_shape(0)));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) { status = SetNearestGrad<decltype(t)>(c, p); }));
  return status;
}

// ---- bilinear, bicubic

// A row of the gradient, times `weight`, added to a row of the image. As in TensorFlow the products are floats when
// linear, and of the sum's type when cubic.
template <int kTaps, class A>
void AddRow(const ResizeProblem& p, const float* grad, const Taps<kTaps>* columns, float weight, A* row) {
  for (int64_t x = 0; x < p.x.resized; ++x, grad += p.c) {
    for (int k = 0; k < kTaps; ++k) {
      A* pixel = row + columns[x].at[k] * p.c;
      const float share = columns[x].weight[k];
      using Product = std::conditional_t<kTaps == kLinear, float, A>;
      for (int64_t i = 0; i < p.c; ++i) pixel[i] += A(Product(grad[i]) * weight * share);
    }
  }
}

template <int kTaps, class T>
Status SetInterpolatedGrad(PrepareContext& c, const ResizeProblem& p) {
  WEIR_RETURN_IF_ERROR(TapsBefore<kTaps>(c, p));
  return SetBands<T>(c, p, kTaps * kTaps, [p](RunArgs& a, int64_t image, Span rows, Wide<T>* sums) {
    const auto* taps = a.workspace<Taps<kTaps>>();
    for (int64_t y = 0; y < p.y.resized; ++y) {
      const float* grad = a.in<float>(0) + (image * p.y.resized + y) * p.resized_row();
      for (int k = 0; k < kTaps; ++k) {
        const int64_t to = taps[y].at[k];
        if (to < rows.begin || to >= rows.end) continue;
        AddRow<kTaps>(p, grad, taps + p.y.resized, taps[y].weight[k], sums + (to - rows.begin) * p.image_row());
      }
    }
  });
}

template <int kTaps>
Status PrepareInterpolatedGrad(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResizeProblem p, MakeResizeProblem(c, c.input_shape(1), c.input_shape(0)));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  Status status;
  WEIR_RETURN_IF_ERROR(c.ForType(FloatTypes{}, c.input_dtype(1),
                                 [&](auto t) { status = SetInterpolatedGrad<kTaps, decltype(t)>(c, p); }));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterResizeGradientKernels(KernelRegistry& r) {
  r.Add("ResizeNearestNeighborGrad", kernels::PrepareNearestGrad).NeedsValue({1});
  r.Add("ResizeBilinearGrad", kernels::PrepareInterpolatedGrad<kernels::kLinear>);
  r.Add("ResizeBicubicGrad", kernels::PrepareInterpolatedGrad<kernels::kCubic>);
}

}  // namespace weir
