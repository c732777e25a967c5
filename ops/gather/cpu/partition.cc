// Kernels whose output sizes are the values of an input: DynamicStitch, DynamicPartition, Unique, ListDiff. They do their
// bookkeeping in Prepare, which sees those values, and move elements in Run.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <unordered_map>

#include "weir/runtime/cpu/moves.h"
#include "weir/ops/gather/cpu/topics.h"

namespace weir {

namespace {

using namespace kernels;

// The axes of `data` after those of `index`, whose shape must be the beginning of data's.
Result<Shape> SliceOf(const Shape& index, const Shape& data) {
  bool begins = index.rank() <= data.rank() && std::equal(index.dims().begin(), index.dims().end(), data.dims().begin());
  if (!begins) return InvalidArgument(fmt::format("is given {} for data of shape {}", index.ToString(), data.ToString()));
  return Shape::Make(std::span(data.dims()).subspan(static_cast<size_t>(index.rank())));
}

Status PrepareStitch(PrepareContext& c) {
  int n = c.num_inputs() / 2;
  std::vector<std::vector<int64_t>> indices;
  int64_t rows = 0;
  Shape slice;
  for (int i = 0; i < n; ++i) {
    WEIR_ASSIGN_OR_RETURN(Shape part, SliceOf(c.input_shape(i), c.input_shape(n + i)));
    if (i > 0 && !(part == slice)) return InvalidArgument(fmt::format("cannot stitch slices {} and {}", slice.ToString(), part.ToString()));
    slice = part;
    indices.push_back(c.ints(i));
    for (int64_t at : indices.back()) {
      if (at < 0) return InvalidArgument(fmt::format("is given the index {}", at));
      rows = std::max(rows, at + 1);
    }
  }
  Dims dims = slice.dims();
  dims.insert(dims.begin(), rows);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  WEIR_RETURN_IF_ERROR(SetBeginFill(c, 0));
  int64_t width = slice.num_elements();
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([indices = std::move(indices), n, width](RunArgs& a) {
      for (int i = 0; i < n; ++i) {
        const auto& at = indices[static_cast<size_t>(i)];
        for (size_t k = 0; k < at.size(); ++k) {
          std::copy_n(a.in<T>(n + i) + static_cast<int64_t>(k) * width, width, a.out<T>(0) + at[k] * width);
        }
      }
    });
  });
}

Status PreparePartition(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Shape slice, SliceOf(c.input_shape(1), c.input_shape(0)));
  std::vector<int64_t> partitions = c.ints(1);
  std::vector<int64_t> counts(static_cast<size_t>(c.num_outputs()), 0);
  for (size_t k = 0; k < partitions.size(); ++k) {
    int64_t p = partitions[k];
    if (p < 0 || p >= c.num_outputs()) {
      return InvalidArgument(fmt::format("has partitions{} = {}, which is not in [0, {})", PositionText(c.input_shape(1), static_cast<int64_t>(k)), p, c.num_outputs()));
    }
    ++counts[static_cast<size_t>(p)];
  }
  Dims dims = slice.dims();
  dims.insert(dims.begin(), 0);
  for (size_t i = 0; i < counts.size(); ++i) {
    dims[0] = counts[i];
    WEIR_RETURN_IF_ERROR(c.set_output_dims(static_cast<int>(i), dims));
  }
  // For each output the rows it takes.
  std::vector<std::vector<int64_t>> rows(counts.size());
  for (size_t k = 0; k < partitions.size(); ++k) rows[static_cast<size_t>(partitions[k])].push_back(static_cast<int64_t>(k));
  int64_t width = slice.num_elements();
  return ForElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([rows = std::move(rows), width](RunArgs& a) {
      for (size_t i = 0; i < rows.size(); ++i) {
        T* out = a.out<T>(static_cast<int>(i));
        for (int64_t row : rows[i]) out = std::copy_n(a.in<T>(0) + row * width, width, out);
      }
    });
  });
}

// ---- elements compared by value

// Calls f(i, key) for every element: equal keys are equal elements; a NaN, which equals nothing, has no key.
template <class F>
Status ForEachKey(const Tensor& t, F&& f) {
  using NumericAndBool = NumberAndBoolTypes;
  int64_t n = t.num_elements();
  bool known = DispatchType(t.dtype(), NumericAndBool(), [&](auto type) {
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
    if (c.input_shape(i).rank() != 1) return InvalidArgument(fmt::format("wants vectors, not shape {}", c.input_shape(i).ToString()));
    if (c.output_dtype(1) == kInt32 && c.input_shape(i)[0] > INT32_MAX) return InvalidArgument("has more elements than out_idx int32 can number");
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

void RegisterPartitionKernels(KernelRegistry& r) {
  r.Add("DynamicStitch", PrepareStitch).NeedsValueOfFirstHalf();
  r.Add("ParallelDynamicStitch", PrepareStitch).NeedsValueOfFirstHalf();
  r.Add("DynamicPartition", PreparePartition).NeedsValue({1});
  r.Add("Unique", PrepareUnique).NeedsValue({0});
  r.Add("ListDiff", PrepareListDiff).NeedsValue({0, 1});
}

}  // namespace weir
