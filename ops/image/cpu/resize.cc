// ResizeNearestNeighbor, ResizeBilinear, ResizeBicubic and ResizeArea, a row of the result at a time, in float and in
// TensorFlow's order.
#include <fmt/format.h>

#include <utility>

#include "weir/ops/image/cpu/resampling.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {
namespace kernels {
namespace {

// f(row of the whole batch, its image, its row within that) for the part's rows of the result.
template <class F>
void ForResizedRows(const ResizeProblem& p, RunArgs& a, F&& f) {
  for (int64_t row = a.begin; row < a.end; ++row) f(row, row / p.y.resized, row % p.y.resized);
}

template <class T>
void ToFloats(const T* in, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = float(in[i]);
}

// ---- nearest

template <class T>
void NearestRow(const ResizeProblem& p, const T* row, const int64_t* columns, T* out) {
  for (int64_t x = 0; x < p.x.resized; ++x) std::copy_n(row + columns[x] * p.c, p.c, out + x * p.c);
}

Status PrepareNearest(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResizeProblem p, MakeResizeProblem(c, c.input_shape(0), c.output_shape(0)));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WorkspaceLayout layout;
  layout.Add(p.x.resized, sizeof(int64_t));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  c.Before(p.x.resized, 5, [p](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) a.workspace<int64_t>()[i] = NearestPixel(p.x, p.align_corners, i);
  });
  c.ParallelOver(p.n * p.y.resized, double(p.x.resized) * (2 + double(p.c) * MoveCost(c.input_dtype(0))));
  return ForPlainElement(c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      ForResizedRows(p, a, [&](int64_t row, int64_t image, int64_t y) {
        const int64_t from = image * p.y.image + NearestPixel(p.y, p.align_corners, y);
        NearestRow(p, a.in<T>(0) + from * p.image_row(), a.workspace<int64_t>(), a.out<T>(0) + row * p.resized_row());
      });
    });
  });
}

// ---- bilinear

// Rows of the images, resized along x: the two that were used last, since rows of the result share them.
template <class T>
class ResizedRows {
 public:
  ResizedRows(const ResizeProblem& p, const T* images, const Taps<kLinear>* columns, float* buffer)
      : p_(p), images_(images), columns_(columns), rows_{{-1, buffer}, {-1, buffer + p.resized_row()}} {}

  // Rows `top` and `bottom`.
  std::pair<const float*, const float*> Get(int64_t top, int64_t bottom) {
    if (rows_[0].first != top) std::swap(rows_[0], rows_[1]);
    Fill(top, &rows_[0]);
    if (bottom == top) return {rows_[0].second, rows_[0].second};
    Fill(bottom, &rows_[1]);
    return {rows_[0].second, rows_[1].second};
  }

 private:
  void Fill(int64_t number, std::pair<int64_t, float*>* row) {
    if (row->first == number) return;
    row->first = number;
    const T* in = images_ + number * p_.image_row();
    float* out = row->second;
    for (int64_t x = 0; x < p_.x.resized; ++x, out += p_.c) {
      const T *left = in + columns_[x].at[0] * p_.c, *right = in + columns_[x].at[1] * p_.c;
      const float part = columns_[x].weight[1];
      for (int64_t i = 0; i < p_.c; ++i) out[i] = float(left[i]) + (float(right[i]) - float(left[i])) * part;
    }
  }

  const ResizeProblem& p_;
  const T* images_;
  const Taps<kLinear>* columns_;
  std::pair<int64_t, float*> rows_[2];
};

template <class T>
void RunBilinear(const ResizeProblem& p, RunArgs& a) {
  const auto* taps = a.workspace<Taps<kLinear>>();
  ResizedRows<T> rows(p, a.in<T>(0), taps + p.y.resized, a.own<float>());
  ForResizedRows(p, a, [&](int64_t row, int64_t image, int64_t y) {
    const int64_t first = image * p.y.image;
    const auto [top, bottom] = rows.Get(first + taps[y].at[0], first + taps[y].at[1]);
    const float part = taps[y].weight[1];
    float* out = a.out<float>(0) + row * p.resized_row();
    for (int64_t i = 0; i < p.resized_row(); ++i) out[i] = top[i] + (bottom[i] - top[i]) * part;
  });
}

Status PrepareBilinear(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResizeProblem p, MakeResizeProblem(c, c.input_shape(0), c.output_shape(0)));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  if (c.input_shape(0) == c.output_shape(0)) {  // as it is, infinities and all
    c.ParallelOver(c.input_shape(0).num_elements(), 0.5);
    return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
      using T = decltype(t);
      c.SetRun([](RunArgs& a) { ToFloats(a.in<T>(0) + a.begin, a.end - a.begin, a.out<float>(0) + a.begin); });
    });
  }
  WEIR_RETURN_IF_ERROR(TapsBefore<kLinear>(c, p));
  WorkspaceLayout own;
  own.Add(2 * p.resized_row(), sizeof(float));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.ParallelOver(p.n * p.y.resized, 2.0 * double(p.resized_row()));
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    c.SetRun([p](RunArgs& a) { RunBilinear<decltype(t)>(p, a); });
  });
}

// ---- bicubic

// The sum of four rows of the image at once, then of four columns of that.
template <class T>
void BicubicRow(const ResizeProblem& p, const T* image, const Taps<kCubic>& y, const Taps<kCubic>* columns, float* sums,
                float* out) {
  const T* row[kCubic];
  for (int k = 0; k < kCubic; ++k) row[k] = image + y.at[k] * p.image_row();
  const float w0 = y.weight[0], w1 = y.weight[1], w2 = y.weight[2], w3 = y.weight[3];
  for (int64_t i = 0; i < p.image_row(); ++i)
    sums[i] = float(row[0][i]) * w0 + float(row[1][i]) * w1 + float(row[2][i]) * w2 + float(row[3][i]) * w3;
  for (int64_t x = 0; x < p.x.resized; ++x, out += p.c) {
    const Taps<kCubic>& t = columns[x];
    for (int64_t i = 0; i < p.c; ++i) {
      out[i] = sums[t.at[0] * p.c + i] * t.weight[0] + sums[t.at[1] * p.c + i] * t.weight[1] +
               sums[t.at[2] * p.c + i] * t.weight[2] + sums[t.at[3] * p.c + i] * t.weight[3];
    }
  }
}

Status PrepareBicubic(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResizeProblem p, MakeResizeProblem(c, c.input_shape(0), c.output_shape(0)));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_RETURN_IF_ERROR(TapsBefore<kCubic>(c, p));
  WorkspaceLayout own;
  own.Add(p.image_row(), sizeof(float));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.ParallelOver(p.n * p.y.resized, double(p.image_row()) + 3.0 * double(p.resized_row()));
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      const auto* taps = a.workspace<Taps<kCubic>>();
      ForResizedRows(p, a, [&](int64_t row, int64_t image, int64_t y) {
        BicubicRow(p, a.in<T>(0) + image * p.y.image * p.image_row(), taps[y], taps + p.y.resized, a.own<float>(),
                   a.out<float>(0) + row * p.resized_row());
      });
    });
  });
}

// ---- area

// The pixels [begin, end) that pixel i of the resized image covers, and how much of the first and of the last.
struct Cover {
  int64_t begin, end;
  float first, last;
};
Cover CoverOf(const ResizeAxis& axis, int64_t i) {
  const float from = float(i) * axis.scale, to = float(i + 1) * axis.scale;
  Cover cover{int64_t(std::floor(from)), int64_t(std::ceil(to)), 0, 0};
  const float begin = float(cover.begin), end = float(cover.end);
  if (begin < from) cover.first = begin + 1 > to ? axis.scale : begin + 1 - from;
  else cover.first = begin + 1 > to ? to - begin : 1.0f;
  cover.last = end > to ? to + 1 - end : 1.0f;
  return cover;
}

// Adds `share` of a row of the image to the sums by area.
template <class T>
void AddCovered(const ResizeProblem& p, const T* row, const Cover* columns, float share, float* sums) {
  for (int64_t x = 0; x < p.x.resized; ++x, sums += p.c) {
    const Cover& cover = columns[x];
    for (int64_t i = 0; i < p.c; ++i) {
      float sum = float(row[p.x.Bound(cover.begin) * p.c + i]) * cover.first;
      if (cover.begin + 1 != cover.end) {
        for (int64_t k = cover.begin + 1; k < cover.end - 1; ++k) sum += float(row[p.x.Bound(k) * p.c + i]);
        sum += float(row[p.x.Bound(cover.end - 1) * p.c + i]) * cover.last;
      }
      sums[i] += sum * share;
    }
  }
}

template <class T>
void AreaRow(const ResizeProblem& p, const T* image, const Cover* columns, int64_t y, float* out) {
  std::fill_n(out, p.resized_row(), 0.0f);
  const float from = float(y) * p.y.scale, to = float(y + 1) * p.y.scale;
  for (int64_t i = int64_t(std::floor(from)); i < int64_t(std::ceil(to)); ++i) {
    const float begin = float(i), end = float(i + 1);
    const float share = begin < from ? (end > to ? p.y.scale : end - from) : (end > to ? to - begin : 1.0f);
    AddCovered(p, image + p.y.Bound(i) * p.image_row(), columns, share, out);
  }
  const float mean = 1.0f / (p.y.scale * p.x.scale);
  for (int64_t i = 0; i < p.resized_row(); ++i) out[i] *= mean;
}

Status PrepareArea(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResizeProblem p, MakeResizeProblem(c, c.input_shape(0), c.output_shape(0)));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WorkspaceLayout layout;
  layout.Add(p.x.resized, sizeof(Cover));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  c.Before(p.x.resized, 5, [p](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) a.workspace<Cover>()[i] = CoverOf(p.x, i);
  });
  c.ParallelOver(p.n * p.y.resized, (double(p.y.scale) + 1) * double(p.image_row() + 4 * p.resized_row()));
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      ForResizedRows(p, a, [&](int64_t row, int64_t image, int64_t y) {
        AreaRow(p, a.in<T>(0) + image * p.y.image * p.image_row(), a.workspace<Cover>(), y,
                a.out<float>(0) + row * p.resized_row());
      });
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterResizeKernels(KernelRegistry& r) {
  r.Add("ResizeNearestNeighbor", kernels::PrepareNearest).NeedsValue({1});
  r.Add("ResizeBilinear", kernels::PrepareBilinear).NeedsValue({1});
  r.Add("ResizeBicubic", kernels::PrepareBicubic).NeedsValue({1});
  r.Add("ResizeArea", kernels::PrepareArea).NeedsValue({1});
}

}  // namespace weir
