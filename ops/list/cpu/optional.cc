// Kernels of optionals, which are lists of one item, or no lists.
#include "weir/ops/list/cpu/list_inputs.h"

namespace weir {

namespace {

Status PrepareFromValue(PrepareContext& c) {
  if (c.num_inputs() != 1) return Unimplemented("makes an optional of several tensors");
  c.set_output_shape(0, Shape());
  c.SetRun([dtype = c.input_dtype(0), shape = c.input_shape(0)](RunArgs& a) {
    auto item = MakeItem(dtype, shape, a.in<void>(0));
    if (!item.ok()) return a.Fail(item.status());
    TensorList list(dtype, PartialShape(shape));
    list.push_back(std::move(*item));
    *a.out<TensorList>(0) = std::move(list);
  });
  return {};
}

Status PrepareNone(PrepareContext& c) {
  c.set_output_shape(0, Shape());
  c.SetRun([](RunArgs& a) { *a.out<TensorList>(0) = TensorList(); });
  return {};
}

Status PrepareGetValue(PrepareContext& c) {
  if (c.num_outputs() != 1) return Unimplemented("takes several tensors from an optional");
  const DType dtype = c.output_dtype(0);
  if (c.input_shape(0).rank() == 0 && !c.input_value(0)->data<TensorList>()->valid())
    return InvalidArgument("takes the value of an optional that has none");
  WEIR_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c, 0, dtype));
  if (list->size() != 1) return InvalidArgument("was given a variant that is no optional");
  const PartialShape asked = c.attr<AttrList>("output_shapes").shape[0];
  WEIR_ASSIGN_OR_RETURN(Shape shape, ShapeOfItem(*list, 0, asked));
  c.set_output_shape(0, shape);
  c.SetRun([dtype, count = shape.num_elements()](RunArgs& a) {
    CopyItem((*a.in<TensorList>(0))[0], dtype, count, a.out<void>(0));
  });
  return {};
}

Status PrepareHasValue(PrepareContext& c) {
  c.set_output_shape(0, Shape());
  c.SetRun([](RunArgs& a) { *a.out<bool>(0) = a.in<TensorList>(0)->valid(); });
  return {};
}

}  // namespace

void RegisterOptionalKernels(KernelRegistry& r) {
  r.Add("OptionalFromValue", PrepareFromValue);
  r.Add("OptionalNone", PrepareNone);
  r.Add("OptionalGetValue", PrepareGetValue).NeedsValue({0});
  r.Add("OptionalHasValue", PrepareHasValue);
}

}  // namespace weir
