// DepthwiseConv2dNative and its two backward ops: direct loops, an output row and a tap at a time, over channels.
//
// NCHW is seen as n · channels · multiplier planes of one channel and one filter, so that both layouts are one code.
// Items: output rows forward, bands of input rows backward by the input; by the filter, as many shares of the output
// rows as the problem says, with sums of their own that a second phase adds in order.
#include <fmt/format.h>

#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

struct DepthwiseProblem {
  bool nchw = false;
  int64_t n = 0, channels = 0, multiplier = 0;  // of the tensors
  PoolProblem p;                                // the windows over one image or plane of p.c channels

  int64_t out_channels() const { return channels * multiplier; }
  int64_t lanes() const { return nchw ? 1 : multiplier; }  // outputs of a channel, as the loops see it
  int64_t out_row() const { return p.x.output * p.c * lanes(); }
  int64_t planes() const { return nchw ? n * out_channels() : n; }  // output images or planes
  int64_t rows() const { return planes() * p.y.output; }
  int64_t taps() const { return p.y.window * p.x.window; }
  int64_t filter_size() const { return taps() * out_channels(); }
  // Of output plane i: its input plane, and where its filter begins (taps are out_channels apart).
  int64_t in_plane(int64_t i) const { return nchw ? i / multiplier : i; }
  int64_t filter_at(int64_t i) const { return nchw ? i % out_channels() : 0; }
  double row_ns() const { return double(out_row()) * taps() * 0.3; }
};

Result<DepthwiseProblem> MakeDepthwise(PrepareContext& c, const Dims& input, const Dims& filter, const Shape& output) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c)));
  auto differ = [&] {
    return InvalidArgument(fmt::format("cannot relate input {}, filter {} and output {}", ListText(input),
                                       ListText(filter), output.ToString()));
  };
  if (input.size() != 4 || filter.size() != 4) return differ();
  DepthwiseProblem d;
  d.nchw = w.nchw, d.n = input[0], d.channels = input[w.channel_axis()], d.multiplier = filter[3];
  if (d.channels <= 0 || d.channels != filter[2] || d.multiplier <= 0) return differ();
  w.y.window = filter[0], w.x.window = filter[1];
  WEIR_RETURN_IF_ERROR(w.Place(input));
  if (output.dims() != w.Placed(d.n, d.out_channels())) return differ();
  d.p = {w.nchw ? d.n * d.channels : d.n, w.nchw ? 1 : d.channels, w.y, w.x};
  return d;
}

// f(x, y) over the outputs `ox`, channels and lanes of a tap: x an element of the input, y of the output and of the
// tap's filter.
template <class F>
inline void ForProducts(const DepthwiseProblem& d, int64_t pixel, Span ox, F&& f) {
  const int64_t c = d.p.c, m = d.lanes(), stride = d.p.x.stride;
  if (c * m == 1) {
    for (int64_t o = ox.begin; o < ox.end; ++o) f(pixel + o * stride, o, 0);
  } else if (m == 1) {
    for (int64_t o = ox.begin; o < ox.end; ++o) {
      for (int64_t i = 0; i < c; ++i) f((pixel + o * stride) * c + i, o * c + i, i);
    }
  } else {
    for (int64_t o = ox.begin; o < ox.end; ++o) {
      for (int64_t i = 0; i < c; ++i) {
        for (int64_t q = 0; q < m; ++q) f((pixel + o * stride) * c + i, (o * c + i) * m + q, i * m + q);
      }
    }
  }
}

template <class T>
Status SetForward(PrepareContext& c, const DepthwiseProblem& d) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  c.ParallelOver(d.rows(), d.row_ns());
  WorkspaceLayout layout, own;
  const WideFilter<T> filters(c, 1, d.filter_size(), &layout);
  own.Add(same ? 0 : d.out_row(), sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([=](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t row = begin; row < end; ++row) {
      const int64_t plane = row / d.p.y.output;
      const T* in = a.in<T>(0) + d.in_plane(plane) * d.p.in_image();
      const A* filter = filters.Of(a) + d.filter_at(plane);
      T* out = a.out<T>(0) + row * d.out_row();
      A* sum = a.own<A>();
      if constexpr (same) sum = out;
      std::fill_n(sum, d.out_row(), A(0));
      ForRowTaps(d.p, row % d.p.y.output, [&](int64_t pixel, Span ox, int64_t tap) {
        const A* w = filter + tap * d.out_channels();
        ForProducts(d, pixel, ox, [=](int64_t x, int64_t y, int64_t f) { sum[y] += A(in[x]) * w[f]; });
      });
      if constexpr (!same) ConvertRows(sum, 0, out, 0, 1, d.out_row());
    }
  });
  return {};
}

// Adds output plane `plane`'s part of the gradient to the band `rows` of its input plane.
template <class T>
void BackpropRows(const DepthwiseProblem& d, int64_t plane, Span rows, const T* grad, const Wide<T>* filter,
                  Wide<T>* sum) {
  using A = Wide<T>;
  const int64_t first = rows.begin * d.p.x.input, last = rows.end * d.p.x.input;
  A* to = sum - first * d.p.c;
  const Span outputs = OutputsOver(d.p.y, rows);
  for (int64_t oy = outputs.begin; oy < outputs.end; ++oy) {
    const T* dy = grad + (plane * d.p.y.output + oy) * d.out_row();
    ForRowTaps<true>(d.p, oy, [&](int64_t pixel, Span ox, int64_t tap) {
      if (int64_t at = pixel + ox.begin * d.p.x.stride; at < first || at >= last) return;  // another band's row
      const A* w = filter + d.filter_at(plane) + tap * d.out_channels();
      ForProducts(d, pixel, ox, [=](int64_t x, int64_t y, int64_t f) { to[x] += A(dy[y]) * w[f]; });
    });
  }
}

template <class T>
Status SetBackpropInput(PrepareContext& c, const DepthwiseProblem& d) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const Bands bands(d.p.n, d.p.y.input, d.p.y.extent(), 16);
  c.ParallelOver(bands.count(), d.row_ns() * d.rows() / bands.count());
  WorkspaceLayout layout, own;
  const WideFilter<T> filters(c, 1, d.filter_size(), &layout);
  own.Add(same ? 0 : bands.max_rows() * d.p.x.input * d.p.c, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([=](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t band = begin; band < end; ++band) {
      const Span rows = bands.Rows(band);
      const int64_t image = bands.image(band), n = rows.size() * d.p.x.input * d.p.c;
      T* out = a.out<T>(0) + image * d.p.in_image() + rows.begin * d.p.x.input * d.p.c;
      A* sum = a.own<A>();
      if constexpr (same) sum = out;
      std::fill_n(sum, n, A(0));
      const int64_t planes = d.nchw ? d.multiplier : 1;  // output planes of an input plane
      for (int64_t i = 0; i < planes; ++i)
        BackpropRows<T>(d, image * planes + i, rows, a.in<T>(2), filters.Of(a), sum);
      if constexpr (!same) ConvertRows(sum, 0, out, 0, 1, n);
    }
  });
  return {};
}

// One output row's part of the filter's gradient, added to `total`. Why `sum`: a row is summed by itself, so that
// rounding errors grow with the number of rows, not of pixels.
template <class T>
void BackpropFilterRow(const DepthwiseProblem& d, int64_t row, const T* input, const T* grad, Wide<T>* sum,
                       Wide<T>* total) {
  using A = Wide<T>;
  const int64_t plane = row / d.p.y.output, channels = d.p.c * d.lanes(), apart = d.out_channels();
  const T *in = input + d.in_plane(plane) * d.p.in_image(), *dy = grad + row * d.out_row();
  ForRowTaps(d.p, row % d.p.y.output, [&](int64_t pixel, Span ox, int64_t tap) {
    std::fill_n(sum, channels, A(0));
    ForProducts(d, pixel, ox, [=](int64_t x, int64_t y, int64_t f) { sum[f] += A(in[x]) * A(dy[y]); });
    A* to = total + d.filter_at(plane) + tap * apart;
    for (int64_t i = 0; i < channels; ++i) to[i] += sum[i];
  });
}

template <class T>
Status SetBackpropFilter(PrepareContext& c, const DepthwiseProblem& d) {
  using A = Wide<T>;
  const int64_t size = d.filter_size();
  const int64_t worth = std::min<int64_t>(PrepareContext::PartsWorth(d.rows(), d.row_ns()), kMaxConvItems);
  const int64_t shares = std::clamp<int64_t>((8 << 20) / (size * int64_t(sizeof(A))), 1, worth);
  WorkspaceLayout layout, own;
  layout.Add(shares * size, sizeof(A));
  own.Add(d.out_channels(), sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.ParallelOver(shares, d.row_ns() * double(d.rows()) / double(shares));
  c.SetRun([=](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      A* total = a.workspace<A>() + i * size;
      std::fill_n(total, size, A(0));
      const Span rows = Share(d.rows(), shares, i);
      for (int64_t row = rows.begin; row < rows.end; ++row)
        BackpropFilterRow<T>(d, row, a.in<T>(0), a.in<T>(2), a.own<A>(), total);
    }
  });
  SumPartialsAfter<T>(c, size, shares);
  return {};
}

Status PrepareForward(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(DepthwiseProblem d,
                        MakeDepthwise(c, c.input_shape(0).dims(), c.input_shape(1).dims(), c.output_shape(0)));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) { status = SetForward<decltype(t)>(c, d); }));
  return status;
}

Status PrepareBackpropInput(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(DepthwiseProblem d,
                        MakeDepthwise(c, c.output_shape(0).dims(), c.input_shape(1).dims(), c.input_shape(2)));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(FloatTypes{}, c.input_dtype(1), [&](auto t) { status = SetBackpropInput<decltype(t)>(c, d); }));
  return status;
}

Status PrepareBackpropFilter(PrepareContext& c) {
  Status status;
  if (c.input_shape(0).num_elements() == 0 || c.input_shape(2).num_elements() == 0) {  // a sum of nothing
    const int64_t n = c.output_shape(0).num_elements();
    return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) {
      c.SetRun([n](RunArgs& a) { std::fill_n(a.out<decltype(t)>(0), n, decltype(t)(0.0f)); });
    });
  }
  WEIR_ASSIGN_OR_RETURN(DepthwiseProblem d,
                        MakeDepthwise(c, c.input_shape(0).dims(), c.output_shape(0).dims(), c.input_shape(2)));
  WEIR_RETURN_IF_ERROR(
      c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) { status = SetBackpropFilter<decltype(t)>(c, d); }));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterDepthwiseKernels(KernelRegistry& r) {
  r.Add("DepthwiseConv2dNative", kernels::PrepareForward);
  r.Add("DepthwiseConv2dNativeBackpropInput", kernels::PrepareBackpropInput).NeedsValue({0});
  r.Add("DepthwiseConv2dNativeBackpropFilter", kernels::PrepareBackpropFilter).NeedsValue({1});
}

}  // namespace weir
