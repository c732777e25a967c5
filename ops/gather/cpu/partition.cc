// Kernels of DynamicStitch and DynamicPartition, whose output sizes are the values of an input. They do their
// bookkeeping in Prepare, which sees those values, and move elements in Run.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// The axes of `data` after those of `index`, whose shape must be the beginning of data's.
Result<Shape> SliceOf(const Shape& index, const Shape& data) {
  bool begins =
      index.rank() <= data.rank() && std::equal(index.dims().begin(), index.dims().end(), data.dims().begin());
  if (!begins) {
    return InvalidArgument(fmt::format("is given {} for data of shape {}", index.ToString(), data.ToString()));
  }
  return Shape::Make(std::span(data.dims()).subspan(static_cast<size_t>(index.rank())));
}

Status PrepareStitch(PrepareContext& c) {
  int n = c.num_inputs() / 2;
  std::vector<std::vector<int64_t>> indices;
  int64_t rows = 0;
  Shape slice;
  for (int i = 0; i < n; ++i) {
    WEIR_ASSIGN_OR_RETURN(Shape part, SliceOf(c.input_shape(i), c.input_shape(n + i)));
    if (i > 0 && !(part == slice)) {
      return InvalidArgument(fmt::format("cannot stitch slices {} and {}", slice.ToString(), part.ToString()));
    }
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
  WEIR_RETURN_IF_ERROR(FillBefore(c, 0));
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
      return InvalidArgument(fmt::format("has partitions{} = {}, which is not in [0, {})",
                                         PositionText(c.input_shape(1), static_cast<int64_t>(k)), p, c.num_outputs()));
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
  for (size_t k = 0; k < partitions.size(); ++k) {
    rows[static_cast<size_t>(partitions[k])].push_back(static_cast<int64_t>(k));
  }
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

}  // namespace

void RegisterGatherPartitionKernels(KernelRegistry& r) {
  r.Add("DynamicStitch", PrepareStitch).NeedsValueOfFirstHalf();
  r.Add("ParallelDynamicStitch", PrepareStitch).NeedsValueOfFirstHalf();
  r.Add("DynamicPartition", PreparePartition).NeedsValue({1});
}

}  // namespace weir
