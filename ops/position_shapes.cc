// Checks of positions and of what is scattered by them, and what segments give.
#include "weir/ops/position_shapes.h"

#include <fmt/format.h>

#include "weir/ops/shape_helpers.h"

namespace weir {

Status CheckBadIndicesPolicy(const ShapeContext& c) {
  std::string policy = c.attr<std::string>("bad_indices_policy");
  for (const char* known : {"", "DEFAULT", "ERROR", "IGNORE"}) {
    if (policy == known) return {};
  }
  return InvalidArgument(fmt::format("has bad_indices_policy '{}'", policy)).Help("it is DEFAULT, ERROR or IGNORE");
}

Status CheckScatterNd(const ShapeContext& c, const PartialShape& whole, int index_input) {
  WEIR_RETURN_IF_ERROR(CheckBadIndicesPolicy(c));
  WEIR_ASSIGN_OR_RETURN(PartialShape indices, c.WithRankAtLeast(index_input, 1));
  if (!indices.known_rank() || !whole.known_rank() || !Known(indices[indices.rank() - 1])) return {};
  Dim depth = indices[indices.rank() - 1];
  if (depth > whole.rank()) {
    return InvalidArgument(
        fmt::format("is given positions of {} numbers in a tensor of shape {}", depth, whole.ToString()));
  }
  PartialShape want =
      Concatenate(Subshape(indices, 0, indices.rank() - 1), Subshape(whole, static_cast<int>(depth), whole.rank()));
  if (MergeShapes(want, c.input(index_input + 1)).ok()) return {};
  return InvalidArgument(fmt::format("cannot scatter updates {} by indices {} into shape {}",
                                     c.Describe(index_input + 1), c.Describe(index_input), whole.ToString()))
      .Detail(fmt::format("updates of shape {} would fit", want.ToString()));
}

Status UnsortedSegmentShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  const PartialShape &data = c.input(0), &ids = c.input(1);
  Dim count = kUnknownDim;
  if (auto n = KnownElements(c, 2)) {
    count = n->size() == 1 ? (*n)[0] : 0;
    if (count < 0) return InvalidArgument(fmt::format("is asked for {} segments", count));
  } else if (const Dims* v = c.value(2); v && v->size() == 1) {
    count = (*v)[0];  // a symbol
  }
  if (!data.known_rank() || !ids.known_rank()) return UnknownShape(c);
  bool prefix = data.rank() >= ids.rank();
  for (int i = 0; prefix && i < ids.rank(); ++i) prefix = MergeDims(data[i], ids[i]).ok();
  if (!prefix) {
    return InvalidArgument(fmt::format("has data of {}, which does not begin with the shape of segment_ids, {}",
                                       c.Describe(0), ids.ToString()));
  }
  c.set_output(0, Concatenate(PartialShape({count}), Subshape(data, ids.rank(), data.rank())));
  return {};
}

}  // namespace weir
