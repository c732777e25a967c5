// MaxPool3D and MaxPool3DGrad, an output row at a time. As in TensorFlow they differ from MaxPool and MaxPoolGrad: the
// maximum starts from -∞ and a NaN counts if it comes last; the gradient goes to every element that is the maximum.
#include <cmath>
#include <type_traits>

#include "weir/ops/pool/cpu/problem.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

constexpr PoolForm kVolumes{Spatial::k3D};
using VolumeTypes = Types<float, Half, BFloat16>;

template <class T>
void LargestOfRow(const PoolProblem& p, const T* image, int64_t row, T* out) {
  std::fill_n(out, p.out_row(), T(-HUGE_VALF));
  ForRowTaps(p, row, [&](int64_t pixel, Span ox, int64_t) {
    ForLanes(p, pixel, ox, [image, out](int64_t in, int64_t o, int64_t) {
      out[o] = Greater(out[o], image[in]) ? out[o] : image[in];
    });
  });
}

Status PrepareMaxPool3D(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(const PoolProblem p, MakePoolProblem(c, kVolumes, c.input_shape(0), c.output_shape(0)));
  c.ParallelOver(p.out_rows(), PoolRowNs(p));
  return c.ForType(VolumeTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      for (int64_t row = a.begin; row < a.end; ++row) {
        LargestOfRow(p, a.in<T>(0) + row / p.image_rows() * p.in_image(), row % p.image_rows(),
                     a.out<T>(0) + row * p.out_row());
      }
    });
  });
}

// One band of the gradient, into `sum`: what lies in the image, what was pooled, the gradient by that.
template <class In, class T>
void GradBand(const PoolProblem& p, Span rows, const In* image, const In* pooled, const T* grad, Wide<T>* sum) {
  const int64_t first = rows.begin * p.x.input, last = rows.end * p.x.input;
  std::fill_n(sum, (last - first) * p.c, Wide<T>(0));
  Wide<T>* to = sum - first * p.c;
  const Span outputs = OutputRowsOver(p.z, p.y, rows);
  for (int64_t row = outputs.begin; row < outputs.end; ++row) {
    const T* dy = grad + row * p.out_row();
    const In* largest = pooled + row * p.out_row();
    ForRowTaps(p, row, [&](int64_t pixel, Span ox, int64_t) {
      if (int64_t at = pixel + ox.begin * p.x.stride; at < first || at >= last) return;  // another band's row
      ForLanes(p, pixel, ox, [=](int64_t in, int64_t o, int64_t) {
        to[in] += Wide<In>(image[in]) == Wide<In>(largest[o]) ? Wide<T>(dy[o]) : Wide<T>(0);
      });
    });
  }
}

template <class In, class T>
Status SetGrad(PrepareContext& c, const PoolProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const Bands bands = BandsOf(p);
  c.ParallelOver(bands.count(), PoolRowNs(p) * double(p.image_rows()) / double(bands.per_image));
  WorkspaceLayout own;
  own.Add(same ? 0 : bands.max_rows() * p.x.input * p.c, sizeof(A));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([p, bands](RunArgs& a) {
    for (int64_t band = a.begin; band < a.end; ++band) {
      const Span rows = bands.Rows(band);
      const int64_t image = bands.image(band), pooled = image * p.image_rows() * p.out_row();
      T* out = a.out<T>(0) + image * p.in_image() + rows.begin * p.x.input * p.c;
      A* sum = a.own<A>();
      if constexpr (same) sum = out;
      GradBand(p, rows, a.in<In>(0) + image * p.in_image(), a.in<In>(1) + pooled, a.in<T>(2) + pooled, sum);
      if constexpr (!same) ConvertRows(sum, 0, out, 0, 1, rows.size() * p.x.input * p.c);
    }
  });
  return {};
}

Status PrepareMaxPool3DGrad(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  if (c.input_shape(1) != c.input_shape(2)) return InvalidArgument("needs orig_output and grad of one shape");
  WEIR_ASSIGN_OR_RETURN(const PoolProblem p, MakePoolProblem(c, kVolumes, c.output_shape(0), c.input_shape(2)));
  Status set, known;
  WEIR_RETURN_IF_ERROR(c.ForType(VolumeTypes{}, c.input_dtype(0), [&](auto in) {
    known = c.ForType(VolumeTypes{}, c.input_dtype(2), [&](auto t) { set = SetGrad<decltype(in), decltype(t)>(c, p); });
  }));
  return known.ok() ? set : known;
}

}  // namespace
}  // namespace kernels

void RegisterMaxPool3DKernels(KernelRegistry& r) {
  r.Add("MaxPool3D", kernels::PrepareMaxPool3D);
  r.Add("MaxPool3DGrad", kernels::PrepareMaxPool3DGrad);
}

}  // namespace weir
