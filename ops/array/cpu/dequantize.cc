// Kernel of Dequantize, in its three modes. Quantised elements are read by their size and sign.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// A number from a quantised one: (q + shift) * scale + offset.
struct Line {
  float shift, scale, offset;
  float operator()(float q) const { return (q + shift) * scale + offset; }
};

// `low` and `high` are the limits of the quantised type; `steps` how many numbers it has.
struct Quantum {
  float low, high;
  double steps;
  bool is_signed;
};
template <class Q>
Quantum QuantumOf() {
  using Limits = std::numeric_limits<Q>;
  return {float(Limits::min()), float(Limits::max()), std::ldexp(1.0, 8 * int(sizeof(Q))), Limits::is_signed};
}

enum class Mode { kMinCombined, kMinFirst, kScaled };

Line LineFor(Mode mode, const Quantum& q, float min, float max, bool narrow) {
  if (mode == Mode::kMinCombined) {
    return {q.is_signed ? (q.high - q.low + 1) / 2.0f : 0.0f, (max - min) / (q.high - q.low), min};
  }
  if (mode == Mode::kMinFirst) {
    if (min == max) return {0, 0, min};
    float scale = static_cast<float>((max - min) / (q.steps - 1.0));
    // TensorFlow's threads flush a subnormal scale to zero, and 0 / 0 makes every element NaN. Published graphs hold
    // such ranges.
    if (std::abs(scale) < std::numeric_limits<float>::min()) scale = 0;
    return {-q.low, scale, std::round(min / scale) * scale};
  }
  float scale = q.is_signed ? std::max(min / (q.low + (narrow ? 1.0f : 0.0f)), max / q.high) : max / q.high;
  return {0, scale, 0};
}

// The input seen as [outer, ranges, inner]: one range for each place along the axis.
struct View {
  int64_t ranges, inner, n;
  Mode mode;
  bool narrow;
};

template <class Q, class T>
void Run(const View& v, RunArgs& a) {
  Quantum quantum = QuantumOf<Q>();
  auto [begin, end] = a.Range();
  for (int64_t row = begin; row < end; ++row) {
    int64_t range = row % v.ranges;
    Line line = LineFor(v.mode, quantum, a.in<float>(1)[range], a.in<float>(2)[range], v.narrow);
    for (int64_t i = row * v.inner; i < (row + 1) * v.inner; ++i)
      a.out<T>(0)[i] = T(line(static_cast<float>(a.in<Q>(0)[i])));
  }
}

template <class T>
Status SetRunFor(PrepareContext& c, const View& v) {
  switch (c.input_dtype(0)) {
    case DType::kQint8: return c.SetRun([v](RunArgs& a) { Run<int8_t, T>(v, a); }), Status();
    case DType::kQuint8: return c.SetRun([v](RunArgs& a) { Run<uint8_t, T>(v, a); }), Status();
    case DType::kQint16: return c.SetRun([v](RunArgs& a) { Run<int16_t, T>(v, a); }), Status();
    case DType::kQuint16: return c.SetRun([v](RunArgs& a) { Run<uint16_t, T>(v, a); }), Status();
    case DType::kQint32: return c.SetRun([v](RunArgs& a) { Run<int32_t, T>(v, a); }), Status();
    default: return PrepareContext::NoKernelFor(c.input_dtype(0));
  }
}

Status PrepareDequantize(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  int64_t axis = c.attr<int64_t>("axis");
  std::string mode = c.attr<std::string>("mode");
  if (axis < -1 || axis >= s.rank()) return InvalidArgument(fmt::format("has axis {} of {}", axis, s.ToString()));
  if (axis >= 0 && mode == "MIN_FIRST") return Unimplemented("has no MIN_FIRST mode along an axis");
  View v{1, 1, s.num_elements(),
         mode == "SCALED"      ? Mode::kScaled
         : mode == "MIN_FIRST" ? Mode::kMinFirst
                               : Mode::kMinCombined,
         c.attr<bool>("narrow_range")};
  int at = static_cast<int>(axis);
  if (axis >= 0) v.ranges = s[at], v.inner = ElementsOf(s, at + 1, s.rank());
  for (int i : {1, 2}) {
    if (c.input_shape(i).num_elements() != v.ranges) {
      return InvalidArgument(
          fmt::format("wants {} numbers for the ranges, not shape {}", v.ranges, c.input_shape(i).ToString()));
    }
  }
  c.set_output_shape(0, s);
  c.ParallelOver(v.n / std::max<int64_t>(v.inner, 1), 0.5 * double(v.inner));
  return c.output_dtype(0) == kBfloat16 ? SetRunFor<BFloat16>(c, v) : SetRunFor<float>(c, v);
}

}  // namespace

void RegisterArrayDequantizeKernels(KernelRegistry& r) { r.Add("Dequantize", PrepareDequantize); }

}  // namespace weir
