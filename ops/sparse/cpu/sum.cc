// Kernels of SparseAdd and its gradient: walks along two or more lists of positions that are in order. Which elements a
// sum has its values tell, too, so that Prepare sees them.
#include <fmt/format.h>

#include <cmath>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using namespace kernels;

using SummedTypes = decltype(Types<float, double>() + SignedTypes() + ComplexTypes());

// Below, at or above 0 as a position comes before, at or behind another one.
int Order(const int64_t* a, const int64_t* b, int64_t rank) {
  for (int64_t k = 0; k < rank; ++k) {
    if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
  }
  return 0;
}

// What an element of the sum is made of: elements of the two, or -1.
struct Term {
  int64_t a, b;
};

std::vector<Term> Merge(const PrepareContext& c, const SparseCounts& a, const SparseCounts& b) {
  const int64_t *at = c.input_value(0)->data<int64_t>(), *other = c.input_value(3)->data<int64_t>();
  std::vector<Term> terms;
  for (int64_t i = 0, j = 0; i < a.count || j < b.count;) {
    const int order = j == b.count ? -1 : i == a.count ? 1 : Order(at + i * a.rank, other + j * a.rank, a.rank);
    terms.push_back({order <= 0 ? i : -1, order >= 0 ? j : -1});
    i += order <= 0, j += order >= 0;
  }
  return terms;
}

template <class T> T SumOf(const Term& term, const T* a, const T* b) {
  return term.a < 0 ? b[term.b] : term.b < 0 ? a[term.a] : Plus(a[term.a], b[term.b]);
}

template <class T> PartOf<T> SizeOfNumber(T x) {
  if constexpr (std::is_integral_v<T>) return x < 0 ? Minus(T(0), x) : x;
  else return std::abs(x);
}

Status PrepareSparseAdd(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts a, CheckSparseParts(c, 0, 1, 2));
  WEIR_ASSIGN_OR_RETURN(SparseCounts b, CheckSparseParts(c, 3, 4, 5));
  if (a.rank != b.rank || c.ints(2) != c.ints(5)) {
    return InvalidArgument(fmt::format("cannot add sparse tensors of the shapes [{}] and [{}]",
                                       fmt::join(c.ints(2), ","), fmt::join(c.ints(5), ",")));
  }
  if (c.input_shape(6).rank() != 0 || c.input_dtype(6) != PartType(c.input_dtype(1))) {
    return InvalidArgument(fmt::format("needs thresh as a scalar of dtype {}, got {}{}",
                                       DTypeName(PartType(c.input_dtype(1))), DTypeName(c.input_dtype(6)),
                                       c.input_shape(6).ToString()));
  }
  std::vector<Term> terms = Merge(c, a, b);
  return c.ForType(SummedTypes(), c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    const T *x = c.input_value(1)->data<T>(), *y = c.input_value(4)->data<T>();
    const PartOf<T> least = *c.input_value(6)->data<PartOf<T>>();
    std::erase_if(terms, [&](const Term& term) {
      return term.a >= 0 && term.b >= 0 && !(least <= SizeOfNumber(SumOf(term, x, y)));
    });
    const auto count = static_cast<int64_t>(terms.size());
    c.set_output_shape(0, Shape({count, a.rank}));
    c.set_output_shape(1, Shape({count}));
    c.set_output_shape(2, Shape({a.rank}));
    c.Before(1, 1, [rank = a.rank](RunArgs& r) { std::copy_n(r.in<int64_t>(2), rank, r.out<int64_t>(2)); });
    c.ParallelOver(count, 2.0 * static_cast<double>(a.rank + 1));
    c.SetRun([terms = std::move(terms), rank = a.rank](RunArgs& r) {
      for (int64_t i = r.begin; i < r.end; ++i) {
        const Term& term = terms[static_cast<size_t>(i)];
        const int64_t* from = term.a < 0 ? r.in<int64_t>(3) + term.b * rank : r.in<int64_t>(0) + term.a * rank;
        std::copy_n(from, rank, r.out<int64_t>(0) + i * rank);
        r.out<T>(1)[i] = SumOf(term, r.in<T>(1), r.in<T>(4));
      }
    });
  });
}

// ---- SparseAddGrad

// The gradients of `count` elements, at positions in input `input`: those of the sum's elements at the same ones.
template <class T> void TakeGradients(RunArgs& a, int input, int64_t count, int64_t sums, int64_t rank) {
  const int64_t *at = a.in<int64_t>(input), *sum = a.in<int64_t>(3);
  T* out = a.out<T>(input - 1);
  for (int64_t i = 0, k = 0; i < count; ++i) {
    int order = 1;
    while (k < sums && (order = Order(sum + k * rank, at + i * rank, rank)) < 0) ++k;
    out[i] = k < sums && order == 0 ? a.in<T>(0)[k++] : T(0);
  }
}

Status PrepareSparseAddGrad(PrepareContext& c) {
  const Shape &a = c.input_shape(1), &b = c.input_shape(2), &sum = c.input_shape(3);
  if (a.rank() != 2 || b.rank() != 2 || sum.rank() != 2 || a[1] != sum[1] || b[1] != sum[1] ||
      c.input_shape(0).dims() != Dims{sum[0]}) {
    return InvalidArgument(fmt::format("cannot take gradients {} at {} to {} and {}", c.input_shape(0).ToString(),
                                       sum.ToString(), a.ToString(), b.ToString()));
  }
  c.set_output_shape(0, Shape({a[0]}));
  c.set_output_shape(1, Shape({b[0]}));
  c.ParallelOver(2, 3.0 * static_cast<double>(sum[0]) * static_cast<double>(sum[1] + 1));
  return c.ForType(SummedTypes(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([counts = std::pair(a[0], b[0]), sums = sum[0], rank = sum[1]](RunArgs& r) {
      for (auto side = static_cast<int>(r.begin); side < r.end; ++side)
        TakeGradients<T>(r, side + 1, side == 0 ? counts.first : counts.second, sums, rank);
    });
  });
}

}  // namespace

void RegisterSparseSumKernels(KernelRegistry& r) {
  r.Add("SparseAdd", PrepareSparseAdd).NeedsValue({0, 1, 2, 3, 4, 5, 6});
  r.Add("SparseAddGrad", PrepareSparseAddGrad);
}

}  // namespace weir
