// The one size that is left open.
#include "weir/graph/base/reshaping.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

Result<Dims> ReshapedSizes(const Dims& from, Dims to) {
  WEIR_ASSIGN_OR_RETURN(Shape old, Shape::Make(from));
  const auto open = std::find(to.begin(), to.end(), -1);
  if (open != to.end()) {
    *open = 1;
    WEIR_ASSIGN_OR_RETURN(Shape rest, Shape::Make(to));
    if (rest.num_elements() == 0) return InvalidArgument("cannot tell the size left open by -1 beside one of 0");
    *open = old.num_elements() / rest.num_elements();
  }
  WEIR_ASSIGN_OR_RETURN(Shape whole, Shape::Make(to));
  if (whole.num_elements() == old.num_elements()) return to;
  return InvalidArgument(fmt::format("cannot reshape {} to {}", old.ToString(), whole.ToString()));
}

}  // namespace weir
