// BiasAdd, BiasAddV1: a vector added along the channel axis. BiasAddGrad: the sum over all other axes.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "weir/runtime/cpu/folds.h"
#include "weir/runtime/cpu/wide.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

// The channel axis of `s`: the last, or axis 1 of NCHW.
Result<int> ChannelAxis(PrepareContext& c, const Shape& s) {
  if (s.rank() < 2) return InvalidArgument(fmt::format("needs a tensor of rank 2 at least, not {}", s.ToString()));
  return c.attr<std::string>("data_format") == "NCHW" ? 1 : s.rank() - 1;
}

// [rows, channels, inner], `inner` 1 where channels are the last axis.
template <class T>
void SetBias(PrepareContext& c, int64_t channels, int64_t inner) {
  c.SetRun([channels, inner](RunArgs& a) {
    auto [begin, end] = a.Range();
    const T* bias = a.in<T>(1);
    if (inner == 1) {
      for (int64_t i = begin; i < end; ++i) {
        const T* in = a.in<T>(0) + i * channels;
        T* out = a.out<T>(0) + i * channels;
        for (int64_t j = 0; j < channels; ++j) out[j] = Plus(in[j], bias[j]);
      }
      return;
    }
    for (int64_t i = begin; i < end; ++i) {
      const T* in = a.in<T>(0) + i * inner;
      T* out = a.out<T>(0) + i * inner;
      T b = bias[i % channels];
      for (int64_t j = 0; j < inner; ++j) out[j] = Plus(in[j], b);
    }
  });
}

Status PrepareBiasAdd(PrepareContext& c) {
  const Shape &s = c.input_shape(0), &bias = c.input_shape(1);
  WEIR_ASSIGN_OR_RETURN(int axis, ChannelAxis(c, s));
  if (bias.rank() != 1 || bias[0] != s[axis]) {
    return InvalidArgument(
        fmt::format("needs a bias of {} elements for {}, not {}", s[axis], s.ToString(), bias.ToString()));
  }
  int64_t rows = 0, inner = 1;
  if (s.num_elements() > 0) {
    rows = 1;
    for (int i = 0; i < axis; ++i) rows *= s[i];
    for (int i = axis + 1; i < s.rank(); ++i) inner *= s[i];
  }
  int64_t channels = s[axis], lines = rows == 0 ? 0 : inner == 1 ? rows : rows * channels;
  c.ParallelOver(lines, 0.2 * double(inner == 1 ? channels : inner) + 2);
  return c.ForType(NumberTypes{}, c.input_dtype(0),
                   [&](auto t) { SetBias<decltype(t)>(c, channels, inner); });
}

Status PrepareBiasAddGrad(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(int axis, ChannelAxis(c, s));
  std::vector<bool> reduced(s.rank(), true);
  reduced[axis] = false;
  return PrepareFold(c, Fold::kSum, reduced);
}

}  // namespace
}  // namespace kernels

void RegisterBiasKernels(KernelRegistry& r) {
  r.Add("BiasAdd", kernels::PrepareBiasAdd).InPlace(0, 0);
  r.Add("BiasAddV1", kernels::PrepareBiasAdd).InPlace(0, 0);
  r.Add("BiasAddGrad", kernels::PrepareBiasAddGrad);
}

}  // namespace weir
