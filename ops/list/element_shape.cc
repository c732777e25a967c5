#include "weir/ops/list/element_shape.h"

#include <fmt/format.h>

namespace weir {

Result<PartialShape> AskedShape(const ShapeContext& c, int i) {
  if (c.input(i).rank() != 0) return c.shape_from_input(i);
  const auto value = c.scalar(i);
  if (value && *value != -1)
    return InvalidArgument(fmt::format("has the scalar {} for {}; only -1, an unknown rank, is one", *value,
                                       c.InputName(i)));
  return PartialShape::Unknown();
}

Status RequireList(const ShapeContext& c, int list, bool scalar) {
  if (scalar) WEIR_RETURN_IF_ERROR(RequireScalar(c, list));
  const DType want = c.attr<DType>("element_dtype"), have = c.handle_dtype(list);
  if (have == DType::kInvalid || want == DType::kInvalid || have == want) return {};
  return InvalidArgument(fmt::format("is of {}, but the list holds {}", DTypeName(want), DTypeName(have)));
}

Result<PartialShape> ItemOf(const ShapeContext& c, int list, const PartialShape& shape) {
  WEIR_RETURN_IF_ERROR(RequireList(c, list));
  auto merged = MergeShapes(c.handle_shape(list), shape);
  if (merged.ok()) return merged;
  return InvalidArgument(fmt::format("wants an item of shape {} of a list of {}", shape.ToString(),
                                     c.handle_shape(list).ToString()));
}

Result<PartialShape> ListWith(const ShapeContext& c, int list, const PartialShape& shape, bool scalar) {
  WEIR_RETURN_IF_ERROR(RequireList(c, list, scalar));
  const Dims* length = c.value(list);
  if (!length || *length != Dims{0}) return CommonShape(c.handle_shape(list), shape);
  auto merged = MergeShapes(c.handle_shape(list), shape);
  if (merged.ok()) return merged;
  return InvalidArgument(fmt::format("has an item of shape {} for a list of {}", shape.ToString(),
                                     c.handle_shape(list).ToString()));
}

Result<PartialShape> ItemShape(const ShapeContext& c, int list, int asked) {
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, AskedShape(c, asked));
  return ItemOf(c, list, shape);
}

PartialShape RowShape(const PartialShape& tensor) {
  return tensor.known_rank() && tensor.rank() > 0 ? Subshape(tensor, 1, tensor.rank()) : PartialShape::Unknown();
}

PartialShape Along(Dim first, const PartialShape& row) {
  return row.known_rank() ? Concatenate(PartialShape({first}), row) : PartialShape::Unknown();
}

Status GiveList(ShapeContext& c, int i, DType dtype, PartialShape element) {
  c.set_output(i, PartialShape::Scalar());
  c.set_output_handle(i, dtype, std::move(element), nullptr);
  return {};
}

AttrMap ShapeType(const Input& shape, AttrMap attrs) {
  if (shape.is_literal()) attrs["shape_type"] = kInt32;
  return attrs;
}

}  // namespace weir
