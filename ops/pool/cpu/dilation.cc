// Dilation2D and its gradients, a row of outputs at a time: for each tap, all outputs of the row. Half and bfloat16
// sums are rounded before they are compared, as in TensorFlow: which of two is the larger hangs on it.
//
// Items: rows of outputs; of the gradient by the input, bands of its rows; of that by the filter, shares of the
// outputs' rows, with sums of their own.
#include <fmt/format.h>

#include "weir/ops/pool/cpu/problem.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

Result<PoolProblem> MakeDilation(const PrepareContext& c, const Shape& output) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c)));
  const Shape &input = c.input_shape(0), &filter = c.input_shape(1);
  auto differ = [&] {
    return InvalidArgument(fmt::format("cannot relate input {}, filter {} and output {}", input.ToString(),
                                       filter.ToString(), output.ToString()));
  };
  if (input.rank() != 4 || filter.rank() != 3 || filter[2] != input[3]) return differ();
  w.y.window = filter[0], w.x.window = filter[1];
  WEIR_RETURN_IF_ERROR(w.Place(input.dims()));
  if (output.dims() != w.Placed(input[0], input[3])) return differ();
  return PoolProblem{input[0], input[3], w.y, w.x};
}

template <class T>
void DilationRow(const PoolProblem& p, const T* image, const T* filter, int64_t oy, T* out) {
  std::fill_n(out, p.out_row(), Lowest<T>());
  ForRowTaps(p, oy, [&](int64_t pixel, Span ox, int64_t tap) {
    const T* taps = filter + tap * p.c;
    ForLanes(p, pixel, ox, [=, c = p.c](int64_t in, int64_t o, int64_t x) {
      const T sum = Plus(image[in], taps[o - x * c]);
      out[o] = Greater(sum, out[o]) ? sum : out[o];
    });
  });
}

Status PrepareDilation(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(const PoolProblem p, MakeDilation(c, c.output_shape(0)));
  c.ParallelOver(p.out_rows(), 1.5 * PoolRowNs(p));
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      for (int64_t row = a.begin; row < a.end; ++row) {
        DilationRow(p, a.in<T>(0) + row / p.y.output * p.in_image(), a.in<T>(1), row % p.y.output,
                    a.out<T>(0) + row * p.out_row());
      }
    });
  });
}

// ---- gradients

// Which pixel of the image and which tap of the filter gave an output.
struct Source {
  int32_t pixel, tap;
};

// Of a row's outputs. One whose sums are all the lowest number has the filter's first tap and the window's first pixel.
template <class T>
void FindSources(const PoolProblem& p, const T* image, const T* filter, int64_t oy, T* best, Source* sources) {
  std::fill_n(best, p.out_row(), Lowest<T>());
  const int64_t first_row = std::max<int64_t>(oy * p.y.stride - p.y.before, 0) * p.x.input, stride = p.x.stride;
  for (int64_t x = 0; x < p.x.output; ++x) {
    const int64_t first = first_row + std::max<int64_t>(x * stride - p.x.before, 0);
    std::fill_n(sources + x * p.c, p.c, Source{static_cast<int32_t>(first), 0});
  }
  ForRowTaps(p, oy, [&](int64_t pixel, Span ox, int64_t tap) {
    const T* taps = filter + tap * p.c;
    ForLanes(p, pixel, ox, [=, c = p.c](int64_t in, int64_t o, int64_t x) {
      const T sum = Plus(image[in], taps[o - x * c]);
      if (!Greater(sum, best[o])) return;
      best[o] = sum;
      sources[o] = {static_cast<int32_t>(pixel + x * stride), static_cast<int32_t>(tap)};
    });
  });
}

// Room for what FindSources gives of a row, at the beginning of a part's own workspace.
template <class T>
struct SourceRow {
  int64_t sources_at;
  SourceRow(const PoolProblem& p, WorkspaceLayout* own) {
    own->Add(p.out_row(), sizeof(T));
    sources_at = own->Add(p.out_row(), sizeof(Source));
  }
  Source* Find(const PoolProblem& p, const RunArgs& a, int64_t image, int64_t oy) const {
    Source* sources = reinterpret_cast<Source*>(a.own<char>() + sources_at);
    FindSources(p, a.in<T>(0) + image * p.in_image(), a.in<T>(1), oy, a.own<T>(), sources);
    return sources;
  }
};

template <class T>
Status SetByInput(PrepareContext& c, const PoolProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const Bands bands(p.n, p.y.input, p.y.extent(), 16);
  c.ParallelOver(bands.count(), 3 * PoolRowNs(p) * double(p.y.output) / double(bands.per_image));
  WorkspaceLayout own;
  const SourceRow<T> row(p, &own);
  const int64_t sums_at = own.Add(same ? 0 : bands.max_rows() * p.x.input * p.c, sizeof(A));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([=](RunArgs& a) {
    for (int64_t band = a.begin; band < a.end; ++band) {
      const Span rows = bands.Rows(band), outputs = OutputsOver(p.y, rows);
      const int64_t image = bands.image(band), first = rows.begin * p.x.input, pixels = rows.size() * p.x.input;
      T* out = a.out<T>(0) + image * p.in_image() + first * p.c;
      A* sums = reinterpret_cast<A*>(a.own<char>() + sums_at);
      if constexpr (same) sums = out;
      std::fill_n(sums, pixels * p.c, A(0));
      for (int64_t oy = outputs.begin; oy < outputs.end; ++oy) {
        const Source* sources = row.Find(p, a, image, oy);
        const T* dy = a.in<T>(2) + (image * p.y.output + oy) * p.out_row();
        for (int64_t o = 0; o < p.out_row(); ++o) {
          const int64_t at = sources[o].pixel - first;
          if (at < 0 || at >= pixels) continue;
          A& sum = sums[at * p.c + o % p.c];
          sum = Plus(sum, A(dy[o]));
        }
      }
      if constexpr (!same) ConvertRows(sums, 0, out, 0, 1, pixels * p.c);
    }
  });
  return {};
}

template <class T>
Status SetByFilter(PrepareContext& c, const PoolProblem& p) {
  using A = Wide<T>;
  const int64_t size = p.y.window * p.x.window * p.c, rows = p.out_rows();
  const int64_t parts = std::clamp<int64_t>(c.PartsWorth(rows, 3 * PoolRowNs(p)), 1, 16);
  WorkspaceLayout layout, own;
  int64_t all;
  if (!CheckedMul(parts, size, &all)) return ResourceExhausted("needs too much workspace");
  layout.Add(all, sizeof(A));
  const SourceRow<T> row(p, &own);
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.ParallelOver(parts, 3 * PoolRowNs(p) * double(rows) / double(parts));
  c.SetRun([=](RunArgs& a) {
    for (int64_t part = a.begin; part < a.end; ++part) {
      A* sums = a.workspace<A>() + part * size;
      std::fill_n(sums, size, A(0));
      const Span share = Share(rows, parts, part);
      for (int64_t r = share.begin; r < share.end; ++r) {
        const Source* sources = row.Find(p, a, r / p.y.output, r % p.y.output);
        const T* dy = a.in<T>(2) + r * p.out_row();
        for (int64_t o = 0; o < p.out_row(); ++o) {
          A& sum = sums[sources[o].tap * p.c + o % p.c];
          sum = Plus(sum, A(dy[o]));
        }
      }
    }
  });
  SumPartialsAfter<T>(c, size, parts);
  return {};
}

Status CheckSources(const PoolProblem& p) {
  const int64_t taps = p.y.window * p.x.window;
  if (p.y.input * p.x.input <= INT32_MAX && taps <= INT32_MAX) return {};
  return Unimplemented("dilates more pixels or by more taps than 2^31 - 1");
}

Status PrepareByInput(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(const PoolProblem p, MakeDilation(c, c.input_shape(2)));
  WEIR_RETURN_IF_ERROR(CheckSources(p));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) { status = SetByInput<decltype(t)>(c, p); }));
  return status;
}

Status PrepareByFilter(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PoolProblem p, MakeDilation(c, c.input_shape(2)));
  WEIR_RETURN_IF_ERROR(CheckSources(p));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) { status = SetByFilter<decltype(t)>(c, p); }));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterDilationKernels(KernelRegistry& r) {
  r.Add("Dilation2D", kernels::PrepareDilation);
  r.Add("Dilation2DBackpropInput", kernels::PrepareByInput);
  r.Add("Dilation2DBackpropFilter", kernels::PrepareByFilter);
}

}  // namespace weir
