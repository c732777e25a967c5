// Kernels of Unique, its forms and ListDiff, which compare elements by value. They do their bookkeeping in Prepare,
// which sees the elements and so how many there will be, and move them in Run.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// Calls f(i, key) for every element: equal keys are equal elements; a NaN, which equals nothing, has no key. -0 equals
// 0, but for `by_bits` not as half and bfloat16: TensorFlow's table of elements hashes their bits.
template <class F>
Status ForEachKey(const Tensor& t, bool by_bits, F&& f) {
  int64_t n = t.num_elements();
  bool known = DispatchType(t.dtype(), RealAndBoolTypes(), [&](auto type) {
    using T = decltype(type);
    const T* x = t.data<T>();
    for (int64_t i = 0; i < n; ++i) {
      if constexpr (std::is_integral_v<T>) {
        f(i, std::optional<uint64_t>(static_cast<uint64_t>(x[i])));
      } else {
        double v = static_cast<double>(x[i]);
        double key = sizeof(T) == 2 && by_bits ? v : v + 0.0;
        f(i, v != v ? std::nullopt : std::optional<uint64_t>(std::bit_cast<uint64_t>(key)));
      }
    }
  });
  return known ? Status() : PrepareContext::NoKernelFor(t.dtype());
}

// Numbers the distinct elements of tensors in the order of their appearance.
class Numbering {
 public:
  explicit Numbering(bool by_bits = true) : by_bits_(by_bits) {}

  // For each element of `t` its number; `fresh` gets the positions of those seen for the first time.
  Result<std::vector<int64_t>> Add(const Tensor& t, std::vector<int64_t>* fresh) {
    std::vector<int64_t> numbers;
    auto put = [&](int64_t i, auto& map, const auto& key) {
      auto [it, is_new] = map.try_emplace(key, next_);
      if (is_new) ++next_, fresh->push_back(i);
      numbers.push_back(it->second);
    };
    if (t.dtype() == kString) {
      for (int64_t i = 0; i < t.num_elements(); ++i) put(i, strings_, std::string_view(t.data<std::string>()[i]));
      return numbers;
    }
    WEIR_RETURN_IF_ERROR(ForEachKey(t, by_bits_, [&](int64_t i, std::optional<uint64_t> key) {
      if (key) return put(i, keys_, *key);
      fresh->push_back(i);
      numbers.push_back(next_++);
    }));
    return numbers;
  }

 private:
  bool by_bits_;
  int64_t next_ = 0;
  std::unordered_map<uint64_t, int64_t> keys_;
  std::unordered_map<std::string_view, int64_t> strings_;  // views of the tensors given, which outlive this
};

// Input 0 seen as [outer, count, inner], slices along one axis.
struct Slices {
  int axis = 0;
  int64_t outer = 1, count = 0, inner = 1;
};

// What was found of the slices.
struct Picked {
  std::vector<int64_t> positions;  // of those that output 0 has
  std::vector<int64_t> numbers;    // output 1
  std::vector<int64_t> counts;     // output 2, where there is one
  int64_t zeros = 0;               // output 1 is so many zeros instead
};

template <class Index>
void WriteIndices(const Picked& p, RunArgs& a, bool counts) {
  std::copy(p.numbers.begin(), p.numbers.end(), a.out<Index>(1));
  std::fill_n(a.out<Index>(1), p.zeros, 0);
  if (counts) std::copy(p.counts.begin(), p.counts.end(), a.out<Index>(2));
}

Status SetPicked(PrepareContext& c, const Slices& s, Picked p) {
  Dims dims = c.input_shape(0).dims();
  dims[static_cast<size_t>(s.axis)] = static_cast<int64_t>(p.positions.size());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {p.zeros + static_cast<int64_t>(p.numbers.size())}));
  const bool counts = c.num_outputs() > 2, wide = c.output_dtype(1) == kInt64;
  if (counts) WEIR_RETURN_IF_ERROR(c.set_output_dims(2, {static_cast<int64_t>(p.counts.size())}));
  return ForElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p = std::move(p), s, counts, wide](RunArgs& a) {
      T* out = a.out<T>(0);
      for (int64_t o = 0; o < s.outer; ++o) {
        for (int64_t at : p.positions) out = std::copy_n(a.in<T>(0) + (o * s.count + at) * s.inner, s.inner, out);
      }
      if (wide) WriteIndices<int64_t>(p, a, counts);
      else WriteIndices<int32_t>(p, a, counts);
    });
  });
}

Status CheckCount(const PrepareContext& c, int64_t count) {
  if (c.output_dtype(1) == kInt64 || count <= INT32_MAX) return {};
  return InvalidArgument("has more elements than out_idx int32 can number");
}

Status RequireVectors(const PrepareContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.input_shape(i).rank() != 1) {
      return InvalidArgument(fmt::format("wants vectors, not shape {}", c.input_shape(i).ToString()));
    }
    WEIR_RETURN_IF_ERROR(CheckCount(c, c.input_shape(i)[0]));
  }
  return {};
}

// Numbers slices by the numbers of their elements, of one place in the slice after the other: what had one number until
// then keeps it where it has one number there, too.
void NumberSlices(const Slices& s, const std::vector<int64_t>& elements, Picked* p) {
  using Pair = std::pair<int64_t, int64_t>;
  auto hash = [](const Pair& k) {
    return std::hash<uint64_t>()(uint64_t(k.first) * 0x9e3779b97f4a7c15u ^ uint64_t(k.second));
  };
  p->numbers.assign(static_cast<size_t>(s.count), 0);
  for (int64_t place = 0; place < s.outer * s.inner; ++place) {
    std::unordered_map<Pair, int64_t, decltype(hash)> seen(0, hash);
    p->positions.clear();
    const int64_t* at = elements.data() + place / s.inner * s.count * s.inner + place % s.inner;
    for (int64_t j = 0; j < s.count; ++j) {
      int64_t& number = p->numbers[static_cast<size_t>(j)];
      auto [it, fresh] = seen.try_emplace({number, at[j * s.inner]}, static_cast<int64_t>(seen.size()));
      if (fresh) p->positions.push_back(j);
      number = it->second;
    }
  }
}

// Slices of no elements are all the same.
Picked NoElements(int64_t count) {
  if (count == 0) return {};
  return {.positions = {0}, .numbers = {}, .counts = {count}, .zeros = count};
}

Status PrepareSlices(PrepareContext& c, const Slices& s) {
  WEIR_RETURN_IF_ERROR(CheckCount(c, s.count));
  Picked p;
  const bool elements = s.outer == 1 && s.inner == 1;
  if (c.input_shape(0).num_elements() == 0) return SetPicked(c, s, NoElements(s.count));
  Numbering numbering(elements);
  std::vector<int64_t> first;
  WEIR_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, numbering.Add(*c.input_value(0), &first));
  if (elements) p.positions = std::move(first), p.numbers = std::move(numbers);
  else NumberSlices(s, numbers, &p);
  if (c.num_outputs() > 2) {
    p.counts.assign(p.positions.size(), 0);
    for (int64_t n : p.numbers) ++p.counts[static_cast<size_t>(n)];
  }
  return SetPicked(c, s, std::move(p));
}

Status PrepareUnique(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVectors(c));
  return PrepareSlices(c, {.count = c.input_shape(0)[0]});
}

Status PrepareUniqueV2(PrepareContext& c) {
  const Shape& x = c.input_shape(0);
  std::vector<int64_t> axes = c.ints(1);
  if (c.input_shape(1).rank() != 1 || axes.size() > 1) {
    return InvalidArgument(fmt::format("takes a vector of one axis, not {}", c.input_shape(1).ToString()));
  }
  if (axes.empty() && x.rank() != 1) return InvalidArgument(fmt::format("must be told an axis of {}", x.ToString()));
  WEIR_ASSIGN_OR_RETURN(int axis, CheckedAxis(axes.empty() ? 0 : axes[0], x.rank()));
  return PrepareSlices(c, {.axis = axis, .outer = ElementsOf(x, 0, axis), .count = x[axis],
                           .inner = ElementsOf(x, axis + 1, x.rank())});
}

Status PrepareListDiff(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVectors(c));
  Numbering numbering;
  std::vector<int64_t> distinct, fresh, kept;
  WEIR_RETURN_IF_ERROR(numbering.Add(*c.input_value(1), &distinct).status());
  WEIR_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, numbering.Add(*c.input_value(0), &fresh));
  int64_t taken = static_cast<int64_t>(distinct.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] >= taken) kept.push_back(static_cast<int64_t>(i));
  }
  return SetPicked(c, {.count = c.input_shape(0)[0]}, {.positions = kept, .numbers = kept, .counts = {}});
}

}  // namespace

void RegisterGatherUniqueKernels(KernelRegistry& r) {
  r.Add("Unique", PrepareUnique).NeedsValue({0});
  r.Add("UniqueWithCounts", PrepareUnique).NeedsValue({0});
  r.Add("UniqueV2", PrepareUniqueV2).NeedsValue({0, 1});
  r.Add("UniqueWithCountsV2", PrepareUniqueV2).NeedsValue({0, 1});
  r.Add("ListDiff", PrepareListDiff).NeedsValue({0, 1});
}

}  // namespace weir
