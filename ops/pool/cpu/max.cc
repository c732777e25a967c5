// MaxPool, MaxPoolWithArgmax and their gradients, MaxPool3DGradGrad, an output row at a time: for each tap of the
// window, all outputs of the row.
//
// As in TensorFlow MaxPool starts from the lowest finite value and takes what is greater, so NaN is passed over; the
// gradient goes to the first element, or the first greater one after it, so a leading NaN keeps it.
#include <fmt/format.h>

#include <limits>

#include "weir/ops/pool/cpu/problem.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

Status CheckPixels(const PoolProblem& p) {
  if (p.in_pixels() <= INT32_MAX) return {};
  return Unimplemented(fmt::format("pools images of {} pixels; 2^31 - 1 are the most", p.in_pixels()));
}

template <class T>
void MaxPoolRow(const PoolProblem& p, const T* image, int64_t oy, T* out) {
  std::fill_n(out, p.out_row(), Lowest<T>());
  ForRowTaps(p, oy, [&](int64_t pixel, Span ox, int64_t) {
    ForLanes(p, pixel, ox, [image, out](int64_t in, int64_t o, int64_t) {
      out[o] = Greater(image[in], out[o]) ? image[in] : out[o];
    });
  });
}

Status PrepareMaxPool(PrepareContext& c, const PoolForm& form) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(PoolProblem p, MakePoolProblem(c, form, c.input_shape(0), c.output_shape(0)));
  c.ParallelOver(p.out_rows(), PoolRowNs(p));
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t row = begin; row < end; ++row) {
        MaxPoolRow(p, a.in<T>(0) + row / p.image_rows() * p.in_image(), row % p.image_rows(),
                   a.out<T>(0) + row * p.out_row());
      }
    });
  });
}

// Where the first maximum of each window of a row lies: its pixel, or -1 for a window without elements. 32 bits keep
// pace with the values in vectors (CheckPixels).
template <class T>
void FirstMaxima(const PoolProblem& p, const T* image, int64_t oy, T* best, int32_t* where) {
  std::fill_n(where, p.out_row(), -1);
  std::fill_n(best, p.out_row(), T());
  const int64_t stride = p.x.stride;
  ForRowTaps(p, oy, [&](int64_t pixel, Span ox, int64_t) {
    ForLanes(p, pixel, ox, [=](int64_t in, int64_t o, int64_t x) {
      bool take = where[o] < 0 || Greater(image[in], best[o]);
      best[o] = take ? image[in] : best[o];
      where[o] = take ? static_cast<int32_t>(pixel + x * stride) : where[o];
    });
  });
}

// The same for few channels, an output at a time: a loop over a handful of channels costs more than it does.
template <class T>
void FirstMaximaOfFew(const PoolProblem& p, const T* image, int64_t oy, int32_t* where) {
  const Span ky = TapsInside(p.y, oy);
  for (int64_t ox = 0; ox < p.x.output; ++ox) {
    const Span kx = TapsInside(p.x, ox);
    for (int64_t c = 0; c < p.c; ++c) {
      int64_t at = -1;
      T best{};
      for (int64_t y = ky.begin; y < ky.end; ++y) {
        const int64_t row =
            (oy * p.y.stride - p.y.before + y * p.y.dilation) * p.x.input - p.x.before + ox * p.x.stride;
        for (int64_t x = kx.begin; x < kx.end; ++x) {
          const int64_t pixel = row + x * p.x.dilation;
          const T v = image[pixel * p.c + c];
          const bool take = at < 0 || Greater(v, best);
          best = take ? v : best;
          at = take ? pixel : at;
        }
      }
      where[ox * p.c + c] = static_cast<int32_t>(at);
    }
  }
}

template <class T, class I>
void SetMaxPoolWithArgmax(PrepareContext& c, const PoolProblem& p, bool include_batch) {
  c.set_own_workspace(p.out_row() * static_cast<int64_t>(sizeof(int32_t)));
  c.SetRun([=](RunArgs& a) {
    int32_t* where = a.own<int32_t>();
    auto [begin, end] = a.Range();
    for (int64_t row = begin; row < end; ++row) {
      const int64_t image = row / p.image_rows() * p.in_image(), first = include_batch ? image : 0;
      FirstMaxima(p, a.in<T>(0) + image, row % p.image_rows(), a.out<T>(0) + row * p.out_row(), where);
      I* argmax = a.out<I>(1) + row * p.out_row();
      for (int64_t i = 0; i < p.out_row(); ++i) argmax[i] = static_cast<I>(first + where[i] * p.c + i % p.c);
    }
  });
}

Status PrepareMaxPoolWithArgmax(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(PoolProblem p, MakePoolProblem(c, {}, c.input_shape(0), c.output_shape(0)));
  WEIR_RETURN_IF_ERROR(CheckPixels(p));
  if (c.output_dtype(1) == kInt32 && c.input_shape(0).num_elements() > INT32_MAX) {
    return InvalidArgument("has more elements than Targmax int32 can number");
  }
  c.ParallelOver(p.out_rows(), 2 * PoolRowNs(p));
  const bool include_batch = c.attr<bool>("include_batch_in_index");
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.output_dtype(1) == kInt32 ? SetMaxPoolWithArgmax<T, int32_t>(c, p, include_batch)
                                : SetMaxPoolWithArgmax<T, int64_t>(c, p, include_batch);
  });
}

// One image: the elements of grad added where argmax tells, counted from `first` on. The place that is outside, or -1.
template <class T, class I>
int64_t AddAtMaxima(const T* grad, const I* argmax, int64_t n, int64_t first, int64_t size, Wide<T>* sum) {
  std::fill_n(sum, size, Wide<T>(0));
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = static_cast<int64_t>(argmax[i]) - first;
    if (at < 0 || at >= size) return i;
    sum[at] = Plus(sum[at], Wide<T>(grad[i]));
  }
  return -1;
}

template <class T, class I>
void SetMaxPoolGradWithArgmax(PrepareContext& c, int64_t size, int64_t pooled, bool include_batch) {
  constexpr bool same = std::is_same_v<T, Wide<T>>;
  if (!same) c.set_own_workspace(size * static_cast<int64_t>(sizeof(Wide<T>)));
  c.SetRun([=](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      T* out = a.out<T>(0) + i * size;
      Wide<T>* sum = a.own<Wide<T>>();
      if constexpr (same) sum = out;
      const I* argmax = a.in<I>(2) + i * pooled;
      const int64_t bad = AddAtMaxima(a.in<T>(1) + i * pooled, argmax, pooled, include_batch ? i * size : 0, size, sum);
      if (bad >= 0) {
        return a.Fail(InvalidArgument(fmt::format("has argmax {} at element {}, outside image {} of {} elements",
                                                  argmax[bad], i * pooled + bad, i, size)));
      }
      if constexpr (!same) ConvertRows(sum, 0, out, 0, 1, size);
    }
  });
}

Status PrepareMaxPoolGradWithArgmax(PrepareContext& c) {
  const Shape &x = c.output_shape(0), &grad = c.input_shape(1);
  if (x.num_elements() == 0) return c.Nothing();
  if (grad != c.input_shape(2) || grad.rank() != 4 || grad[0] != x[0])
    return InvalidArgument("needs grad and argmax of the pooled shape");
  const int64_t size = x.num_elements() / x[0], pooled = grad.num_elements() / x[0];
  const bool include_batch = c.attr<bool>("include_batch_in_index");
  c.ParallelOver(x[0], double(size) * 0.3 + double(pooled) * 2);
  return c.ForType(RealTypes{}, c.input_dtype(1), [&](auto t) {
    using T = decltype(t);
    c.input_dtype(2) == kInt32 ? SetMaxPoolGradWithArgmax<T, int32_t>(c, size, pooled, include_batch)
                               : SetMaxPoolGradWithArgmax<T, int64_t>(c, size, pooled, include_batch);
  });
}

constexpr int64_t kFewChannels = 16;

// Adds a row of the gradient to the pixels [first, last) where the maxima lie, an output at a time.
template <class T>
void ScatterToMaxima(const PoolProblem& p, int64_t first, int64_t last, const T* dy, const int32_t* where,
                     Wide<T>* sum) {
  for (int64_t x = 0; x < p.x.output; ++x) {
    for (int64_t c = 0; c < p.c; ++c) {
      const int64_t o = x * p.c + c, pixel = where[o];
      if (pixel < first || pixel >= last) continue;
      Wide<T>& to = sum[(pixel - first) * p.c + c];
      to = Plus(to, Wide<T>(dy[o]));
    }
  }
}

// The same of windows that do not overlap along x, a tap at a time, where many channels make vectors: each pixel gets
// at most one element of the row, so that the order of taps changes no sum.
template <class T>
void SpreadToMaxima(const PoolProblem& p, int64_t oy, int64_t first, int64_t last, const T* dy, const int32_t* where,
                    Wide<T>* sum) {
  ForRowTaps(p, oy, [&](int64_t pixel, Span ox, int64_t) {
    for (int64_t x = ox.begin; x < ox.end; ++x) {
      const int64_t at = pixel + x * p.x.stride;
      if (at < first || at >= last) continue;
      Wide<T>* __restrict to = sum + (at - first) * p.c;
      const T* __restrict from = dy + x * p.c;
      const int32_t* __restrict maxima = where + x * p.c;
      const int32_t here = static_cast<int32_t>(at);
      for (int64_t c = 0, channels = p.c; c < channels; ++c)
        to[c] = Plus(to[c], maxima[c] == here ? Wide<T>(from[c]) : Wide<T>(0));
    }
  });
}

// One band of the gradient: a row's buffers are `best` and `where`, the sums go to `sum` (the band's rows).
template <class T>
void MaxPoolGradBand(const PoolProblem& p, Span rows, const T* image, const T* grad, T* best, int32_t* where,
                     Wide<T>* sum) {
  const int64_t first = rows.begin * p.x.input, last = rows.end * p.x.input;
  std::fill_n(sum, (last - first) * p.c, Wide<T>(0));
  const Span outputs = OutputRowsOver(p.z, p.y, rows);
  for (int64_t oy = outputs.begin; oy < outputs.end; ++oy) {
    const T* dy = grad + oy * p.out_row();
    const bool few = p.c < kFewChannels;
    few ? FirstMaximaOfFew(p, image, oy, where) : FirstMaxima(p, image, oy, best, where);
    if (few || p.x.stride < p.x.extent()) ScatterToMaxima(p, first, last, dy, where, sum);
    else SpreadToMaxima(p, oy, first, last, dy, where, sum);
  }
}

template <class T>
Status SetMaxPoolGrad(PrepareContext& c, const PoolProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const Bands bands = BandsOf(p);
  c.ParallelOver(bands.count(), PoolRowNs(p) * double(p.image_rows()) / double(bands.per_image));
  WorkspaceLayout own;
  own.Add(p.out_row(), sizeof(T));
  const int64_t where_at = own.Add(p.out_row(), sizeof(int32_t));
  const int64_t sum_at = own.Add(same ? 0 : bands.max_rows() * p.x.input * p.c, sizeof(A));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([=](RunArgs& a) {
    char* space = a.own<char>();
    auto [begin, end] = a.Range();
    for (int64_t band = begin; band < end; ++band) {
      const Span rows = bands.Rows(band);
      const int64_t image = bands.image(band), at = image * p.in_image() + rows.begin * p.x.input * p.c;
      T* out = a.out<T>(0) + at;
      A* sum = reinterpret_cast<A*>(space + sum_at);
      if constexpr (same) sum = out;
      MaxPoolGradBand(p, rows, a.in<T>(0) + image * p.in_image(), a.in<T>(2) + image * p.image_rows() * p.out_row(),
                      reinterpret_cast<T*>(space), reinterpret_cast<int32_t*>(space + where_at), sum);
      if constexpr (!same) ConvertRows(sum, 0, out, 0, 1, rows.size() * p.x.input * p.c);
    }
  });
  return {};
}

Status PrepareMaxPoolGrad(PrepareContext& c, const PoolForm& form) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  if (c.input_shape(1) != c.input_shape(2)) return InvalidArgument("needs orig_output and grad of one shape");
  WEIR_ASSIGN_OR_RETURN(PoolProblem p, MakePoolProblem(c, form, c.output_shape(0), c.input_shape(2)));
  WEIR_RETURN_IF_ERROR(CheckPixels(p));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) { status = SetMaxPoolGrad<decltype(t)>(c, p); }));
  return status;
}

// One output row of MaxPoolGradGrad: the elements of `grad` where the image first equals `pooled`.
template <class T>
void PickRow(const PoolProblem& p, const T* image, const T* grad, const T* pooled, int64_t oy, uint8_t* found, T* out) {
  std::fill_n(out, p.out_row(), T());
  std::fill_n(found, p.out_row(), uint8_t{0});
  ForRowTaps(p, oy, [&](int64_t pixel, Span ox, int64_t) {
    ForLanes(p, pixel, ox, [=](int64_t in, int64_t o, int64_t) {
      if (found[o] || Wide<T>(image[in]) != Wide<T>(pooled[o])) return;
      found[o] = 1;
      out[o] = grad[in];
    });
  });
}

Status PrepareMaxPoolGradGrad(PrepareContext& c, const PoolForm& form) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  if (c.input_shape(0) != c.input_shape(2)) return InvalidArgument("needs orig_input and grad of one shape");
  WEIR_ASSIGN_OR_RETURN(PoolProblem p, MakePoolProblem(c, form, c.input_shape(0), c.output_shape(0)));
  if (c.input_shape(1) != c.output_shape(0)) return InvalidArgument("needs orig_output of the pooled shape");
  c.ParallelOver(p.out_rows(), PoolRowNs(p));
  c.set_own_workspace(p.out_row());
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t row = begin; row < end; ++row) {
        const int64_t at = row / p.image_rows() * p.in_image(), out = row * p.out_row();
        PickRow(p, a.in<T>(0) + at, a.in<T>(2) + at, a.in<T>(1) + out, row % p.image_rows(),
                a.own<uint8_t>(), a.out<T>(0) + out);
      }
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterMaxPoolKernels(KernelRegistry& r) {
  using namespace kernels;
  auto formed = [](Status (*prepare)(PrepareContext&, const PoolForm&), const PoolForm& form) {
    return [=](PrepareContext& c) { return prepare(c, form); };
  };
  r.Add("MaxPool", formed(PrepareMaxPool, {}));
  r.Add("MaxPoolV2", formed(PrepareMaxPool, {.sizes = 1})).NeedsValue({1, 2});
  r.Add("MaxPoolWithArgmax", PrepareMaxPoolWithArgmax);
  r.Add("MaxPoolGradWithArgmax", PrepareMaxPoolGradWithArgmax);
  r.Add("MaxPoolGrad", formed(PrepareMaxPoolGrad, {}));
  r.Add("MaxPoolGradV2", formed(PrepareMaxPoolGrad, {.sizes = 3})).NeedsValue({3, 4});
  r.Add("MaxPoolGradGrad", formed(PrepareMaxPoolGradGrad, {}));
  r.Add("MaxPoolGradGradV2", formed(PrepareMaxPoolGradGrad, {.sizes = 3})).NeedsValue({3, 4});
  r.Add("MaxPool3DGradGrad", formed(PrepareMaxPoolGradGrad, {Spatial::k3D}));
}

}  // namespace weir
