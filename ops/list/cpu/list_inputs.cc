#include "weir/ops/list/cpu/list_inputs.h"

#include <fmt/format.h>

namespace weir {

Result<const TensorList*> ListIn(const PrepareContext& c, int i, DType want) {
  if (c.input_shape(i).rank() != 0)
    return InvalidArgument(fmt::format("wants a scalar list, not shape {}", c.input_shape(i).ToString()));
  const TensorList& list = *c.input_value(i)->data<TensorList>();
  if (!list.valid()) return InvalidArgument("was given a variant that is no list");
  if (want != DType::kInvalid && list.dtype() != want)
    return InvalidArgument(fmt::format("is of {}, but the list holds {}", DTypeName(want), DTypeName(list.dtype())));
  return &list;
}

Result<PartialShape> AskedShape(const PrepareContext& c, int i) {
  const std::vector<int64_t> sizes = c.ints(i);
  if (c.input_shape(i).rank() == 0) {
    if (sizes[0] == -1) return PartialShape::Unknown();
    return InvalidArgument(fmt::format("has the scalar {} for an element shape; only -1, an unknown rank, is one",
                                       sizes[0]));
  }
  if (c.input_shape(i).rank() != 1)
    return InvalidArgument(fmt::format("has an element shape of rank {}", c.input_shape(i).rank()));
  if (static_cast<int>(sizes.size()) > kMaxRank) {
    return InvalidArgument(
        fmt::format("has an element shape of rank {}; at most {} is possible", sizes.size(), kMaxRank));
  }
  Dims dims;
  for (int64_t size : sizes) {
    if (size < -1) return InvalidArgument(fmt::format("has an element shape with the size {}", size));
    dims.push_back(size < 0 ? kUnknownDim : size);
  }
  return PartialShape(dims);
}

Result<Shape> CommonShape(const TensorList& list, const PartialShape& asked) {
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, Agreed(list.element_shape(), asked));
  Status differ;
  list.ForEachSet([&](int64_t, const Tensor& item) {
    auto agreed = Agreed(PartialShape(item.shape()), shape);
    if (agreed.ok()) shape = std::move(*agreed);
    else if (differ.ok()) differ = agreed.status();
  });
  WEIR_RETURN_IF_ERROR(differ);
  if (auto known = shape.ToShape()) return *known;
  return InvalidArgument(
      fmt::format("takes items that nobody has set from a list whose element shape {} does not tell their size",
                  shape.ToString()))
      .Help("give an element_shape that is fully known");
}

Result<Shape> ShapeOfItem(const TensorList& list, int64_t i, const PartialShape& asked) {
  if (!list[i].valid()) return CommonShape(list, asked);
  if (!asked.Admits(list[i].shape())) {
    return InvalidArgument(fmt::format("wants an item of shape {}, but item {} is {}", asked.ToString(), i,
                                       list[i].shape().ToString()));
  }
  return list[i].shape();
}

Status IndexError(int64_t index, int64_t size) {
  return InvalidArgument(fmt::format("has the index {} for a list of {} items", index, size));
}

}  // namespace weir
