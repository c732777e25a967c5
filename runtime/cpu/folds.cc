// The plan of a reduction: axes merged, work cut. What is folded how is in folds_sum.cc and folds_extreme.cc, the loops
// are in fold_loops.h.
#include "weir/runtime/cpu/folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "weir/graph/base/shape.h"

namespace weir::kernels {
namespace {

struct AxisRun {
  int64_t size, stride;
  bool reduced;
};

// Axes merged where neighbours are of one kind; the shape has elements.
std::vector<AxisRun> MergeAxes(const Shape& in, const std::vector<bool>& reduced) {
  std::vector<AxisRun> runs;  // innermost first
  int64_t stride = 1;
  for (int axis = in.rank(); axis-- > 0;) {
    if (in[axis] == 1) continue;
    if (!runs.empty() && runs.back().reduced == reduced[axis]) runs.back().size *= in[axis];
    else runs.push_back({in[axis], stride, reduced[axis]});
    stride *= in[axis];
  }
  return {runs.rbegin(), runs.rend()};
}

// Cuts the outputs, and what is folded into each; where outputs are too few for the work, items are parts of them.
void CutPlan(PrepareContext& c, ReducePlan& p) {
  constexpr double kNs = 0.25;  // an element
  const int64_t width = p.columns ? std::min(p.inner, ReducePlan::kTile) : 1;
  const int64_t tiles = p.columns ? (p.inner + ReducePlan::kTile - 1) / ReducePlan::kTile : 1;
  p.units = p.kept.count * tiles;
  // The product fits: they are some of the input's elements.
  const int64_t parts = PrepareContext::PartsWorth(p.folded * std::max<int64_t>(width, 1), kNs);
  if (p.units > 0) p.parts = std::clamp<int64_t>(parts, 1, std::max<int64_t>(p.folded, 1));
  p.spread = p.parts > 1 && p.units < PrepareContext::PartsWorth(p.outputs * p.folded, kNs);
  const int64_t items = p.spread ? p.units * p.parts : p.units;
  c.ParallelOver(items, items == 0 ? 0 : double(p.outputs * p.folded) / double(items) * kNs);
}

}  // namespace

ReducePlan ReducePlan::Make(const Shape& in, const std::vector<bool>& reduced) {
  ReducePlan p;
  if (in.num_elements() == 0) {  // sizes are not multiplied: beside a 0 they may be huge
    p.inner = 0;
    p.outputs = -1;
    return p;
  }
  std::vector<AxisRun> runs = MergeAxes(in, reduced);
  if (!runs.empty()) {
    p.inner = runs.back().size, p.columns = !runs.back().reduced;
    runs.pop_back();
  }
  for (const AxisRun& r : runs) (r.reduced ? p.reduced : p.kept).Add(r.size, r.stride);
  p.outputs = p.kept.count * (p.columns ? p.inner : 1);
  p.folded = p.reduced.count * (p.columns ? 1 : p.inner);
  return p;
}

Result<std::vector<bool>> ReducedAxes(const std::vector<int64_t>& axes, int rank) {
  std::vector<bool> reduced(rank, false);
  for (int64_t axis : axes) {
    auto a = NormalizeAxis(axis, rank);
    if (!a) return InvalidArgument(fmt::format("cannot reduce axis {} of a tensor of rank {}", axis, rank));
    if (reduced[*a]) return InvalidArgument(fmt::format("is given axis {} twice", *a));
    reduced[*a] = true;
  }
  return reduced;
}

namespace {

// Nothing is folded: the elements as they are, as in TensorFlow; 0 + -0 would lose a sign, and (1 + 0i)·(inf + i) is
// NaN.
Status PrepareCopy(PrepareContext& c) {
  const DType t = c.input_dtype(0);
  if (!IsFloating(t) && !IsInteger(t) && !IsComplex(t)) return PrepareContext::NoKernelFor(t);
  const int64_t n = c.output_shape(0).num_elements(), size = static_cast<int64_t>(SizeOf(t));
  c.ParallelOver(n, 0.1);
  c.SetRun([size](RunArgs& a) {
    auto [begin, end] = a.Range();
    std::memcpy(a.out<char>(0) + begin * size, a.in<char>(0) + begin * size, static_cast<size_t>((end - begin) * size));
  });
  return {};
}

}  // namespace

Status PrepareFold(PrepareContext& c, Fold fold, const std::vector<bool>& reduced) {
  ReducePlan p = ReducePlan::Make(c.input_shape(0), reduced);
  int64_t outputs = c.output_shape(0).num_elements();
  if (p.outputs < 0) {  // an empty input: outputs, if any, are folds of nothing
    p.outputs = outputs;
    p.kept = Walk();
    p.kept.Add(outputs, 0);
  }
  if (p.outputs != outputs)
    return Internal(
        fmt::format("reduces {} elements to {}", c.input_shape(0).ToString(), c.output_shape(0).ToString()));
  const bool copies = fold == Fold::kSum || fold == Fold::kMean || fold == Fold::kProd;
  if (p.folded == 1 && outputs > 0 && copies) return PrepareCopy(c);
  CutPlan(c, p);
  bool sums = fold == Fold::kSum || fold == Fold::kMean || fold == Fold::kNorm || fold == Fold::kHalfSquares;
  return sums ? PrepareSums(c, fold, p) : PrepareExtremes(c, fold, p);
}

}  // namespace weir::kernels
