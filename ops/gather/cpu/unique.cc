// Kernels of Unique and ListDiff, which compare elements by value. They do their bookkeeping in Prepare, which sees the
// elements and so how many there will be, and move them in Run.
#include <fmt/format.h>

#include <bit>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// Calls f(i, key) for every element: equal keys are equal elements; a NaN, which equals nothing, has no key.
template <class F>
Status ForEachKey(const Tensor& t, F&& f) {
  int64_t n = t.num_elements();
  bool known = DispatchType(t.dtype(), RealAndBoolTypes(), [&](auto type) {
    using T = decltype(type);
    const T* x = t.data<T>();
    for (int64_t i = 0; i < n; ++i) {
      if constexpr (std::is_integral_v<T>) {
        f(i, std::optional<uint64_t>(static_cast<uint64_t>(x[i])));
      } else {
        double v = static_cast<double>(x[i]);
        // -0 equals 0, but not as half and bfloat16: TensorFlow's table hashes their bits.
        double key = sizeof(T) == 2 ? v : v + 0.0;
        f(i, v != v ? std::nullopt : std::optional<uint64_t>(std::bit_cast<uint64_t>(key)));
      }
    }
  });
  return known ? Status() : PrepareContext::NoKernelFor(t.dtype());
}

// Numbers the distinct elements of tensors in the order of their appearance.
class Numbering {
 public:
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
    WEIR_RETURN_IF_ERROR(ForEachKey(t, [&](int64_t i, std::optional<uint64_t> key) {
      if (key) return put(i, keys_, *key);
      fresh->push_back(i);
      numbers.push_back(next_++);
    }));
    return numbers;
  }

 private:
  int64_t next_ = 0;
  std::unordered_map<uint64_t, int64_t> keys_;
  std::unordered_map<std::string_view, int64_t> strings_;  // views of the tensors given, which outlive this
};

// Output 0: the elements of input 0 at `positions`; output 1: `indices`.
Status SetPicked(PrepareContext& c, std::vector<int64_t> positions, std::vector<int64_t> indices) {
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {static_cast<int64_t>(positions.size())}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {static_cast<int64_t>(indices.size())}));
  bool wide = c.output_dtype(1) == kInt64;
  return ForElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([positions = std::move(positions), indices = std::move(indices), wide](RunArgs& a) {
      for (size_t i = 0; i < positions.size(); ++i) a.out<T>(0)[i] = a.in<T>(0)[positions[i]];
      for (size_t i = 0; i < indices.size(); ++i) {
        if (wide) a.out<int64_t>(1)[i] = indices[i];
        else a.out<int32_t>(1)[i] = static_cast<int32_t>(indices[i]);
      }
    });
  });
}

Status RequireVectors(const PrepareContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.input_shape(i).rank() != 1) {
      return InvalidArgument(fmt::format("wants vectors, not shape {}", c.input_shape(i).ToString()));
    }
    if (c.output_dtype(1) == kInt32 && c.input_shape(i)[0] > INT32_MAX) {
      return InvalidArgument("has more elements than out_idx int32 can number");
    }
  }
  return {};
}

Status PrepareUnique(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVectors(c));
  Numbering numbering;
  std::vector<int64_t> first;
  WEIR_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, numbering.Add(*c.input_value(0), &first));
  return SetPicked(c, std::move(first), std::move(numbers));
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
  std::vector<int64_t> positions = kept;
  return SetPicked(c, std::move(positions), std::move(kept));
}

}  // namespace

void RegisterGatherUniqueKernels(KernelRegistry& r) {
  r.Add("Unique", PrepareUnique).NeedsValue({0});
  r.Add("ListDiff", PrepareListDiff).NeedsValue({0, 1});
}

}  // namespace weir
