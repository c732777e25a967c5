// Gradients of the sparse segment ops: rows of the gradient, each divided as its segment's size says, are added to the
// output rows that indices name, in the order of the indices; parts share the columns. (The ops themselves are folds:
// segment.cc.)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {
namespace kernels {
namespace {

enum class Scale { kNone, kMean, kSqrtN };

struct Problem {
  int64_t count = 0, segments = 0, columns = 0, rows = 0;  // indices; rows of the gradient; columns, rows of the output
  Scale scale = Scale::kNone;
  DType id_type = kInt32;
  std::vector<int64_t> targets;  // the output row of each index

  int64_t Id(const RunArgs& a, int64_t i) const { return IntegerAt(a.in<void>(2), id_type, i); }
};

// The workspace holds the sizes of the segments, then sums of 16-bit floats.
template <class Acc> Acc* SumsIn(const RunArgs& a, int64_t segments) {
  return reinterpret_cast<Acc*>(a.workspace<int64_t>() + segments);
}

void CountSegments(const Problem& p, RunArgs& a) {
  int64_t* sizes = a.workspace<int64_t>();
  std::fill_n(sizes, p.segments, 0);
  for (int64_t i = 0; i < p.count; ++i) {
    const int64_t id = p.Id(a, i);
    if (id < 0 || id >= p.segments) {
      return a.Fail(
          InvalidArgument(fmt::format("has segment_ids[{}] = {}, which is not in [0, {})", i, id, p.segments)));
    }
    ++sizes[id];
  }
}

template <class Acc> Acc ScaleOf(Scale scale, int64_t size) {
  if (scale == Scale::kNone) return Acc(1);
  return Acc(1) / (scale == Scale::kMean ? Acc(size) : std::sqrt(Acc(size)));
}

template <class T>
void AddRows(const Problem& p, RunArgs& a) {
  using Acc = Wide<T>;
  constexpr bool kNarrow = !std::is_same_v<T, Acc>;
  Acc* sums;
  if constexpr (kNarrow) sums = SumsIn<Acc>(a, p.segments);
  else sums = a.out<T>(0);
  auto [begin, end] = a.Range();
  if (begin == end) return;
  for (int64_t i = 0; i < p.rows; ++i) std::fill(sums + i * p.columns + begin, sums + i * p.columns + end, Acc(0));
  for (int64_t i = 0; i < p.count; ++i) {
    const int64_t id = p.Id(a, i);
    const Acc by = ScaleOf<Acc>(p.scale, a.workspace<int64_t>()[id]);
    const T* in = a.in<T>(0) + id * p.columns;
    Acc* out = sums + p.targets[static_cast<size_t>(i)] * p.columns;
    for (int64_t j = begin; j < end; ++j) out[j] += Acc(in[j]) * by;
  }
  if constexpr (kNarrow) {
    for (int64_t i = 0; i < p.rows; ++i) {
      for (int64_t j = begin; j < end; ++j) a.out<T>(0)[i * p.columns + j] = T(sums[i * p.columns + j]);
    }
  }
}

// The kernel's work, once p.targets and p.rows are set.
Status SetAddRows(PrepareContext& c, Problem p) {
  const Shape& grad = c.input_shape(0);
  Dims out = grad.dims();
  out[0] = p.rows;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  p.columns = ElementsOf(c.output_shape(0), 1, grad.rank());
  // Of no columns there may be any number of rows; no id is looked at then.
  p.segments = p.columns == 0 ? 0 : grad[0];
  if (p.columns == 0) p.count = 0;
  const int64_t bytes = p.segments * int64_t(sizeof(int64_t));
  const bool narrow = SizeOf(c.input_dtype(0)) == 2;
  c.set_workspace(bytes + (narrow ? c.output_shape(0).num_elements() * int64_t(sizeof(float)) : 0));
  c.Before(1, 2 * double(p.count), [p](RunArgs& a) { CountSegments(p, a); });
  constexpr int64_t kColumns = 16;  // of a part: a cache line of floats
  c.ParallelOver(p.columns, 0.5 * double(p.count) + 0.1 * double(p.rows), kColumns, kColumns);
  return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p](RunArgs& a) { AddRows<T>(p, a); });
  });
}

// What both forms check: the indices, each below the number in input 3, and the other facts of the problem.
Result<Problem> ReadProblem(PrepareContext& c, Scale scale, int64_t* limit) {
  if (!(c.input_shape(1) == c.input_shape(2)) || c.input_shape(1).rank() != 1 || c.input_shape(0).rank() == 0) {
    return InvalidArgument(fmt::format("needs rows, and vectors of as many indices as segment ids, not {}, {} and {}",
                                       c.input_shape(0).ToString(), c.input_shape(1).ToString(),
                                       c.input_shape(2).ToString()));
  }
  std::vector<int64_t> size = c.ints(3);
  if (size.size() != 1 || size[0] < 0) return InvalidArgument("needs one number of rows, not negative");
  *limit = size[0];
  Problem p;
  p.targets = c.ints(1);
  for (size_t i = 0; i < p.targets.size(); ++i) {
    if (p.targets[i] < 0 || p.targets[i] >= *limit)
      return OutOfRange(fmt::format("has indices[{}] = {}, which is not in [0, {})", i, p.targets[i], *limit));
  }
  p.count = static_cast<int64_t>(p.targets.size()), p.scale = scale, p.id_type = c.input_dtype(2);
  return p;
}

template <Scale kScale> Status PrepareGrad(PrepareContext& c) {
  int64_t limit = 0;
  WEIR_ASSIGN_OR_RETURN(Problem p, ReadProblem(c, kScale, &limit));
  p.rows = limit;
  return SetAddRows(c, std::move(p));
}

// The indices that occur are output 1; the targets are their places there.
template <Scale kScale> Status PrepareGradV2(PrepareContext& c) {
  int64_t limit = 0;
  WEIR_ASSIGN_OR_RETURN(Problem p, ReadProblem(c, kScale, &limit));
  std::vector<int64_t> unique = p.targets;
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  for (int64_t& t : p.targets) t = std::lower_bound(unique.begin(), unique.end(), t) - unique.begin();
  p.rows = static_cast<int64_t>(unique.size());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {p.rows}));
  WEIR_RETURN_IF_ERROR(c.ForType(IndexTypes{}, c.output_dtype(1), [&](auto type) {
    using Index = decltype(type);
    c.Before(1, double(p.rows), [unique](RunArgs& a) { std::copy(unique.begin(), unique.end(), a.out<Index>(1)); });
  }));
  return SetAddRows(c, std::move(p));
}

template <Scale kScale> void Add(KernelRegistry& r, const std::string& name) {
  r.Add("SparseSegment" + name + "Grad", PrepareGrad<kScale>).NeedsValue({1, 3});
  r.Add("SparseSegment" + name + "GradV2", PrepareGradV2<kScale>).NeedsValue({1, 3});
}

}  // namespace
}  // namespace kernels

void RegisterSparseSegmentKernels(KernelRegistry& r) {
  using kernels::Scale;
  kernels::Add<Scale::kNone>(r, "Sum");
  kernels::Add<Scale::kMean>(r, "Mean");
  kernels::Add<Scale::kSqrtN>(r, "SqrtN");
}

}  // namespace weir
