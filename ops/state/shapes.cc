// What variables, as handles and as references, share; the check of all scatters into them.
#include "weir/ops/state/shapes.h"

#include <fmt/format.h>

namespace weir {

void TellVariable(ShapeContext& c, const PartialShape& shape) {
  const std::string shared = c.attr<std::string>("shared_name");
  Resource variable{ResourceKind::kVariable, c.attr<std::string>("container"), shared};
  if (shared.empty()) variable.name = c.node();
  c.set_output_handle(0, c.attr<DType>("dtype"), shape, std::make_shared<const Resource>(std::move(variable)));
}

Status CheckHandle(const ShapeContext& c, const char* dtype) {
  WEIR_RETURN_IF_ERROR(c.WithRank(0, 0).status());
  DType want = c.attr<DType>(dtype), have = c.handle_dtype(0);
  if (want == DType::kInvalid || have == DType::kInvalid || want == have) return {};
  return InvalidArgument(fmt::format("has dtype {} but its variable holds {}", DTypeName(want), DTypeName(have)));
}

Status CheckScatterUpdates(const ShapeContext& c, const PartialShape& var) {
  const PartialShape &indices = c.input(1), &updates = c.input(2);
  if (var.known_rank() && var.rank() == 0) {
    return InvalidArgument("needs a variable of at least one axis, got a scalar");
  }
  if (updates.known_rank() && updates.rank() == 0) return {};  // one number for all
  if (!var.known_rank() || !indices.known_rank()) return {};
  PartialShape want = Concatenate(indices, Subshape(var, 1, var.rank()));
  auto merged = MergeShapes(want, updates);
  if (merged.ok()) return {};
  return InvalidArgument(fmt::format("cannot scatter updates {} at indices {} into a variable of shape {}",
                                     c.Describe(2), c.Describe(1), var.ToString()))
      .Detail(fmt::format("updates must be of shape {}, or a scalar", want.ToString()));
}

}  // namespace weir
