#include "weir/ops/sequence/block_shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/array/array.h"

namespace weir {

Status RequireShape(const ShapeContext& c, int i, const PartialShape& want) {
  WEIR_RETURN_IF_ERROR(c.WithRank(i, want.rank()).status());
  if (MergeShapes(c.input(i), want).ok()) return {};
  return InvalidArgument(fmt::format("needs a '{}' of {}, got {}", c.InputName(i), want.ToString(), c.Describe(i)));
}

std::vector<Output> InputsOfRanks(const ExpandContext& c, std::span<const int> ranks) {
  std::vector<Output> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const size_t rank = static_cast<size_t>(ranks[std::min(static_cast<size_t>(i), ranks.size() - 1)]);
    const Output x = c.input(i);
    inputs.push_back(x.shape().known_rank() ? x : ops::EnsureShape(x, PartialShape(Dims(rank, kUnknownDim))));
  }
  return inputs;
}

}  // namespace weir
