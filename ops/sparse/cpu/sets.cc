// Kernels of the ops on sets. Elements are pairs of a set's number and a value; sorted and without doubles, a tensor of
// them is one sequence, and an operation on all sets is one on two sequences.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

template <class V>
using Elements = std::vector<std::pair<int64_t, V>>;

// Integers as int64, strings as views.
template <class V>
V ValueAt(const Tensor& t, int64_t i) {
  if constexpr (std::is_same_v<V, int64_t>) return IntegerAt(t.raw(), t.dtype(), i);
  else return t.data<std::string>()[i];
}

template <class V>
void SortUnique(Elements<V>* elements) {
  if (!std::is_sorted(elements->begin(), elements->end())) std::sort(elements->begin(), elements->end());
  elements->erase(std::unique(elements->begin(), elements->end()), elements->end());
}

template <class V>
Elements<V> DenseElements(const Tensor& t) {
  Elements<V> elements;
  elements.reserve(static_cast<size_t>(t.num_elements()));
  const int64_t of_each = t.rank() > 0 ? t.shape()[t.rank() - 1] : 1;
  for (int64_t i = 0; i < t.num_elements(); ++i) elements.emplace_back(i / of_each, ValueAt<V>(t, i));
  SortUnique(&elements);
  return elements;
}

// The number of the set at a position: along all axes but the last. Errors: it is outside of the shape.
Result<int64_t> SetAt(const int64_t* position, const Dims& sizes, int64_t i) {
  for (size_t k = 0; k < sizes.size(); ++k) {
    if (position[k] < 0 || position[k] >= sizes[k]) {
      return InvalidArgument(fmt::format("has an element at indices[{}, {}] = {}, which is not in [0, {})", i, k,
                                         position[k], sizes[k]));
    }
  }
  int64_t set = 0;
  for (size_t k = 0; k + 1 < sizes.size(); ++k) set = set * sizes[k] + position[k];
  return set;
}

// The elements of the sparse tensor whose three parts begin with input `first`.
template <class V>
Result<Elements<V>> SparseElements(const PrepareContext& c, int first, const Dims& sizes) {
  const Tensor& values = *c.input_value(first + 1);
  const int64_t* at = c.input_value(first)->data<int64_t>();
  const size_t rank = sizes.size();
  const bool ordered = c.attr<bool>("validate_indices");
  Elements<V> elements;
  elements.reserve(static_cast<size_t>(values.num_elements()));
  for (int64_t i = 0; i < values.num_elements(); ++i, at += rank) {
    if (ordered && i > 0 && !std::lexicographical_compare(at - rank, at, at, at + rank)) {
      return InvalidArgument(fmt::format("has indices[{}] that do not come behind those before", i))
          .Help("SparseReorder brings them in order");
    }
    WEIR_ASSIGN_OR_RETURN(int64_t set, SetAt(at, sizes, i));
    elements.emplace_back(set, ValueAt<V>(values, i));
  }
  SortUnique(&elements);
  return elements;
}

// The sizes of the sparse tensor whose three parts begin with input `first`.
Result<Dims> SparseDims(const PrepareContext& c, int first) {
  WEIR_RETURN_IF_ERROR(CheckSparseParts(c, first, first + 1, first + 2).status());
  const Dims sizes = c.ints(first + 2);
  WEIR_RETURN_IF_ERROR(Shape::Make(sizes).status());
  if (sizes.size() >= 2) return sizes;
  return InvalidArgument(fmt::format("wants sets along the last of 2 or more axes, not of {}", sizes.size()));
}

template <class V>
Result<Elements<V>> Combined(std::string name, const Elements<V>& a, const Elements<V>& b) {
  for (char& ch : name) ch = ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
  Elements<V> out;
  auto to = std::back_inserter(out);
  if (name == "a-b") std::set_difference(a.begin(), a.end(), b.begin(), b.end(), to);
  else if (name == "b-a") std::set_difference(b.begin(), b.end(), a.begin(), a.end(), to);
  else if (name == "intersection") std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), to);
  else if (name == "union") std::set_union(a.begin(), a.end(), b.begin(), b.end(), to);
  else return InvalidArgument(fmt::format("has no set_operation '{:.100}'", name))
      .Help("there are 'a-b', 'b-a', 'intersection' and 'union'");
  return out;
}

template <class V>
void SetValue(Tensor* t, int64_t i, const V& v) {
  if constexpr (std::is_same_v<V, int64_t>) {
    DispatchType(t->dtype(), IntTypes{}, [&](auto type) {
      using T = decltype(type);
      t->mutable_data<T>()[i] = static_cast<T>(v);
    });
  } else {
    t->mutable_data<std::string>()[i] = v;
  }
}

// Sets the outputs: the elements as a sparse tensor. `sizes`: of the tensors, whose last one is the largest set's.
template <class V>
Status SetSparse(PrepareContext& c, const Elements<V>& elements, Dims sizes) {
  const auto count = static_cast<int64_t>(elements.size()), rank = static_cast<int64_t>(sizes.size());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {count, rank}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {count}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(2, {rank}));
  WEIR_ASSIGN_OR_RETURN(Tensor indices, Tensor::Allocate(kInt64, c.output_shape(0)));
  WEIR_ASSIGN_OR_RETURN(Tensor values, Tensor::Allocate(c.output_dtype(1), c.output_shape(1)));
  int64_t number = 0;
  sizes.back() = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto& [set, value] = elements[static_cast<size_t>(i)];
    number = i > 0 && elements[static_cast<size_t>(i - 1)].first == set ? number + 1 : 0;
    int64_t* at = indices.mutable_data<int64_t>() + i * rank;
    int64_t rest = set;
    for (int64_t k = rank - 2; k >= 0; --k) {
      const int64_t size = sizes[static_cast<size_t>(k)];
      at[k] = rest % size, rest /= size;
    }
    at[rank - 1] = number;
    sizes.back() = std::max(sizes.back(), number + 1);
    SetValue(&values, i, value);
  }
  c.SetRun([indices, values, sizes](RunArgs& a) {
    indices.CopyTo(a.out<void>(0));
    values.CopyTo(a.out<void>(1));
    std::copy(sizes.begin(), sizes.end(), a.out<int64_t>(2));
  });
  return {};
}

// f(V{}) for the form in which the values are compared.
template <class F>
Status ForValues(DType type, F f) {
  if (type == kString) return f(std::string_view());
  const bool none = !IsInteger(type) || type == kUint32 || type == kUint64;
  return none ? PrepareContext::NoKernelFor(type) : f(int64_t{});
}

// Sets of two tensors, each dense (of one input) or sparse (of three).
Status PrepareOperation(PrepareContext& c, bool sparse1, bool sparse2) {
  const int second = sparse1 ? 3 : 1;
  auto sizes_of = [&](int first, bool sparse) -> Result<Dims> {
    if (sparse) return SparseDims(c, first);
    const Dims& dims = c.input_shape(first).dims();
    if (dims.size() >= 2) return dims;
    return InvalidArgument(fmt::format("wants sets along the last of 2 or more axes, not of {}", dims.size()));
  };
  WEIR_ASSIGN_OR_RETURN(const Dims sizes1, sizes_of(0, sparse1));
  WEIR_ASSIGN_OR_RETURN(const Dims sizes2, sizes_of(second, sparse2));
  if (sizes1.size() != sizes2.size() || !std::equal(sizes1.begin(), sizes1.end() - 1, sizes2.begin())) {
    return InvalidArgument(fmt::format("has other sets in shape {} than in {}", PartialShape(sizes1).ToString(),
                                       PartialShape(sizes2).ToString()));
  }
  return ForValues(c.output_dtype(1), [&](auto value) -> Status {
    using V = decltype(value);
    auto elements_of = [&](int first, bool sparse, const Dims& sizes) -> Result<Elements<V>> {
      return sparse ? SparseElements<V>(c, first, sizes) : DenseElements<V>(*c.input_value(first));
    };
    WEIR_ASSIGN_OR_RETURN(const Elements<V> a, elements_of(0, sparse1, sizes1));
    WEIR_ASSIGN_OR_RETURN(const Elements<V> b, elements_of(second, sparse2, sizes2));
    WEIR_ASSIGN_OR_RETURN(const Elements<V> both, Combined<V>(c.attr<std::string>("set_operation"), a, b));
    return SetSparse<V>(c, both, sizes1);
  });
}

Status PrepareSetSize(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Dims sizes, SparseDims(c, 0));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, Dims(sizes.begin(), sizes.end() - 1)));
  return ForValues(c.input_dtype(1), [&](auto value) -> Status {
    using V = decltype(value);
    WEIR_ASSIGN_OR_RETURN(const Elements<V> elements, SparseElements<V>(c, 0, sizes));
    std::vector<int64_t> sets;
    for (const auto& [set, v] : elements) sets.push_back(set);
    c.SetRun([sets, n = c.output_shape(0).num_elements()](RunArgs& a) {
      std::fill_n(a.out<int32_t>(0), n, 0);
      for (int64_t set : sets) ++a.out<int32_t>(0)[set];
    });
    return {};
  });
}

}  // namespace

void RegisterSparseSetsKernels(KernelRegistry& r) {
  auto operation = [](bool sparse1, bool sparse2) {
    return [=](PrepareContext& c) { return PrepareOperation(c, sparse1, sparse2); };
  };
  r.Add("DenseToDenseSetOperation", operation(false, false)).NeedsValueFrom(0);
  r.Add("DenseToSparseSetOperation", operation(false, true)).NeedsValueFrom(0);
  r.Add("SparseToSparseSetOperation", operation(true, true)).NeedsValueFrom(0);
  r.Add("SetSize", PrepareSetSize).NeedsValueFrom(0);
}

}  // namespace weir
