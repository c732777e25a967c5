// Kernels of the element-wise ops of a sparse tensor and a dense one.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/scatter.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareSparseTensorDenseAdd(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckSparseParts(c, 0, 1, 2).status());
  const Shape& b = c.input_shape(3);
  if (c.ints(2) != b.dims()) {
    return InvalidArgument(fmt::format("adds a sparse tensor to one of another shape, {}", b.ToString()));
  }
  c.set_output_shape(0, b);
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatterNd(c, b, 0));
  WEIR_RETURN_IF_ERROR(CopyBefore(c, 3));
  plan.output = true;
  return SetScatter<Accumulate<false>>(c, plan);
}

// ---- SparseDenseCwiseMul, …Div, …Add

struct Add {
  template <class T> T operator()(T x, T y) const { return Plus(x, y); }
};
// Integers are truncated; the least one by -1 wraps. Zeros, of floats too, are refused before, as in TensorFlow.
struct Divide {
  template <class T> T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>) return y == T(-1) && std::is_signed_v<T> ? Minus(T(0), x) : T(x / y);
    else return T(Wide<T>(x) / Wide<T>(y));
  }
};

// A dense tensor as one of the sparse tensor's shape sees it.
struct Broadcast {
  Dims sizes, strides;  // of the sparse tensor; in the dense one, 0 along what it has only one of
};

Result<Broadcast> BroadcastTo(const Dims& sizes, const Shape& dense) {
  Broadcast b{sizes, Dims(sizes.size(), 0)};
  const Dims strides = RowMajorStrides(dense);
  const auto more = static_cast<int64_t>(sizes.size()) - dense.rank();
  bool fits = more >= 0;
  for (int i = 0; fits && i < dense.rank(); ++i) {
    const auto axis = static_cast<size_t>(more + i);
    fits = dense[i] == 1 || dense[i] == sizes[axis];
    if (dense[i] != 1) b.strides[axis] = strides[static_cast<size_t>(i)];
  }
  if (fits) return b;
  WEIR_ASSIGN_OR_RETURN(Shape sparse, Shape::Make(sizes));
  return InvalidArgument(
      fmt::format("cannot broadcast {} to a sparse tensor of shape {}", dense.ToString(), sparse.ToString()));
}

// The place in the dense tensor of what meets element i; -1 after an error.
int64_t DensePlace(const Broadcast& b, RunArgs& a, int64_t i) {
  const auto rank = static_cast<int64_t>(b.sizes.size());
  int64_t place = 0;
  for (int64_t k = 0; k < rank; ++k) {
    const int64_t at = a.in<int64_t>(0)[i * rank + k], size = b.sizes[static_cast<size_t>(k)];
    if (at < 0 || at >= size) return FailPosition(a, i, static_cast<int>(k), at, size), -1;
    place += at * b.strides[static_cast<size_t>(k)];
  }
  return place;
}

template <class Combine> Status PrepareSparseDenseCwise(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  WEIR_ASSIGN_OR_RETURN(Broadcast b, BroadcastTo(c.ints(2), c.input_shape(3)));
  c.set_output_shape(0, c.input_shape(1));
  c.ParallelOver(size.count, 2.0 * static_cast<double>(size.rank + 1));
  return c.ForType(NumberTypes(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([b](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) {
        const int64_t place = DensePlace(b, a, i);
        if (place < 0) return;
        const T x = a.in<T>(1)[i], y = a.in<T>(3)[place];
        if (std::is_same_v<Combine, Divide> && y == T(0))
          return a.Fail(InvalidArgument(fmt::format("divides element {} by 0", i)));
        a.out<T>(0)[i] = Combine()(x, y);
      }
    });
  });
}

}  // namespace

void RegisterSparseDenseKernels(KernelRegistry& r) {
  r.Add("SparseTensorDenseAdd", PrepareSparseTensorDenseAdd).NeedsValue({2});
  r.Add("SparseDenseCwiseMul", PrepareSparseDenseCwise<Multiply>).NeedsValue({2});
  r.Add("SparseDenseCwiseDiv", PrepareSparseDenseCwise<Divide>).NeedsValue({2});
  r.Add("SparseDenseCwiseAdd", PrepareSparseDenseCwise<Add>).NeedsValue({2});
}

}  // namespace weir
