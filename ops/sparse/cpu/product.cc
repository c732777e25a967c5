// Kernel of SparseTensorDenseMatMul. Elements are added in their order; parts share the columns, so that no bit depends
// on the cut. half and bfloat16 accumulate in float.
#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <utility>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using namespace kernels;

struct Product {
  int64_t elements = 0, rows = 0, inner = 0, columns = 0;  // of the operands as they are multiplied
  DType index_type = DType::kInvalid;
  bool adjoint_a = false, adjoint_b = false;
};

template <class T> T Conjugate(T x) {
  if constexpr (kIsComplexType<T>) return std::conj(x);
  else return x;
}

// out + a * b; integers wrap.
template <class T> T MulAdd(T out, T a, T b) {
  if constexpr (std::is_integral_v<T>) return T(uint64_t(out) + uint64_t(a) * uint64_t(b));
  else return out + a * b;
}

// Adds element i to columns [begin, end) of its row of `out`; false after a bad position.
template <class T> bool AddElement(const Product& p, RunArgs& a, int64_t i, Wide<T>* out, int64_t begin, int64_t end) {
  const int row_axis = p.adjoint_a ? 1 : 0;
  const int64_t row = IntegerAt(a.in<void>(0), p.index_type, 2 * i + row_axis),
                at = IntegerAt(a.in<void>(0), p.index_type, 2 * i + 1 - row_axis);
  if (row < 0 || row >= p.rows) return FailPosition(a, i, row_axis, row, p.rows), false;
  if (at < 0 || at >= p.inner) return FailPosition(a, i, 1 - row_axis, at, p.inner), false;
  const Wide<T> value = Wide<T>(a.in<T>(1)[i]), v = p.adjoint_a ? Conjugate(value) : value;
  out += row * p.columns;
  const T* b = a.in<T>(3);
  if (p.adjoint_b) {
    for (int64_t j = begin; j < end; ++j) out[j] = MulAdd(out[j], v, Conjugate(Wide<T>(b[j * p.inner + at])));
  } else {
    for (int64_t j = begin; j < end; ++j) out[j] = MulAdd(out[j], v, Wide<T>(b[at * p.columns + j]));
  }
  return true;
}

template <class T> void Multiply(const Product& p, RunArgs& a) {
  constexpr bool kNarrow = !std::is_same_v<T, Wide<T>>;
  auto [begin, end] = a.Range();
  if (begin == end) return;
  Wide<T>* out = kNarrow ? a.workspace<Wide<T>>() : reinterpret_cast<Wide<T>*>(a.out<T>(0));
  for (int64_t i = 0; i < p.rows; ++i) std::fill(out + i * p.columns + begin, out + i * p.columns + end, Wide<T>(0));
  for (int64_t i = 0; i < p.elements; ++i) {
    if (!AddElement<T>(p, a, i, out, begin, end)) return;
  }
  if constexpr (kNarrow) {
    for (int64_t i = 0; i < p.rows; ++i) {
      for (int64_t j = begin; j < end; ++j) a.out<T>(0)[i * p.columns + j] = T(out[i * p.columns + j]);
    }
  }
}

Result<Product> ReadProduct(const PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  const Shape& b = c.input_shape(3);
  if (size.rank != 2 || b.rank() != 2) {
    return InvalidArgument(
        fmt::format("wants a sparse matrix and a dense one, not {} axes and {}", size.rank, b.ToString()));
  }
  Product p{.elements = size.count, .index_type = c.input_dtype(0), .adjoint_a = c.attr<bool>("adjoint_a"),
            .adjoint_b = c.attr<bool>("adjoint_b")};
  const std::vector<int64_t> a = c.ints(2);
  p.rows = a[p.adjoint_a ? 1 : 0];
  p.inner = a[p.adjoint_a ? 0 : 1];
  p.columns = b[p.adjoint_b ? 0 : 1];
  if (b[p.adjoint_b ? 1 : 0] != p.inner) {
    return InvalidArgument(fmt::format("cannot multiply [{},{}] by {}{}", p.rows, p.inner, b.ToString(),
                                       p.adjoint_b ? ", turned" : ""));
  }
  return p;
}

using ProductTypes = Types<BFloat16, Half, float, double, int32_t, Complex64, Complex128>;

Status PrepareSparseTensorDenseMatMul(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Product p, ReadProduct(c));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {p.rows, p.columns}));
  constexpr int64_t kLeast = 16;  // columns: a line of the cache
  c.ParallelOver(p.columns, static_cast<double>(p.elements) + 0.3 * static_cast<double>(p.rows), 1, kLeast);
  return c.ForType(ProductTypes(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    if constexpr (!std::is_same_v<T, Wide<T>>) {
      c.set_workspace(c.output_shape(0).num_elements() * static_cast<int64_t>(sizeof(Wide<T>)));
    }
    c.SetRun([p](RunArgs& a) { Multiply<T>(p, a); });
  });
}

}  // namespace

void RegisterSparseProductKernels(KernelRegistry& r) {
  r.Add("SparseTensorDenseMatMul", PrepareSparseTensorDenseMatMul).NeedsValue({2});
}

}  // namespace weir
