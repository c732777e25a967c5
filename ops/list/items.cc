// Lists item by item.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/list/element_shape.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"

namespace weir {

namespace {

// ---- shapes: a list's type has its items' dtype, as a variable's handle has its value's, and what is known of all
// their shapes, which may be more than what the list was declared to hold

Status ReserveShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape element, AskedShape(c, 0));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  return GiveList(c, 0, c.attr<DType>("element_dtype"), std::move(element));
}

// The value of a list is its length.
Status EmptyShape(ShapeContext& c) {
  c.set_output_value(0, {0});
  return ReserveShape(c);
}

Status PushBackShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape element, ListWith(c, 0, c.input(1)));
  return GiveList(c, 0, c.attr<DType>("element_dtype"), std::move(element));
}

Status PushBackBatchShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape element, ListWith(c, 0, RowShape(c.input(1)), false));
  c.set_output_handle(0, c.attr<DType>("element_dtype"), std::move(element), nullptr);
  c.set_output(0, c.input(0));
  return {};
}

Status PopBackShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape element, ItemShape(c, 0, 1));
  c.set_output(1, element);
  return GiveList(c, 0, c.attr<DType>("element_dtype"), c.handle_shape(0));
}

Status GetItemShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape element, ItemShape(c, 0, 2));
  c.set_output(0, std::move(element));
  return {};
}

Status SetItemShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape element, ListWith(c, 0, c.input(2)));
  return GiveList(c, 0, c.attr<DType>("element_dtype"), std::move(element));
}

Status ResizeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  return GiveList(c, 0, c.handle_dtype(0), c.handle_shape(0));
}

Status LengthShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return ScalarShape(c);
}

// Of what the list was declared to hold nothing is known.
Status ElementShapeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return UnknownShape(c);
}

Status ConcatListsShape(ShapeContext& c) {
  for (int i : {0, 1}) WEIR_RETURN_IF_ERROR(RequireList(c, i, false));
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, MergeShapes(c.input(0), c.input(1)));
  c.set_output_handle(0, c.attr<DType>("element_dtype"), CommonShape(c.handle_shape(0), c.handle_shape(1)), nullptr);
  c.set_output(0, std::move(shape));
  return {};
}

// ---- gradients: that by a list is a list of gradients by its items

Status PushBackGrad(GradContext& c) {
  OutputList popped = ops::TensorListPopBack(c.grad(), c.type_attr("element_dtype"), ops::ShapeOf(c.input(1)));
  c.set(0, popped[0]);
  c.set(1, popped[1]);
  return {};
}

Status PopBackGrad(GradContext& c) {
  // Where nobody differentiates by the other items they are zeros, but they are there.
  Output list = c.has_grad(0) ? c.grad(0)
                              : ops::TensorListReserve(ops::TensorListElementShape(c.output(0)),
                                                       ops::TensorListLength(c.output(0)),
                                                       c.type_attr("element_dtype"));
  c.set(0, ops::TensorListPushBack(list, c.grad(1)));
  return {};
}

Status GetItemGrad(GradContext& c) {
  Output zeros = ops::TensorListReserve(ops::TensorListElementShape(c.input(0)), ops::TensorListLength(c.input(0)),
                                        c.type_attr("element_dtype"));
  c.set(0, ops::TensorListSetItem(zeros, c.input(1), c.grad()));
  return {};
}

Status SetItemGrad(GradContext& c) {
  Output index = c.input(1), item = c.input(2);
  Output list = ops::TensorListSetItem(c.grad(), index, Make("ZerosLike", {item}));
  if (c.attr<bool>("resize_if_index_out_of_bounds"))
    list = ops::TensorListResize(list, ops::TensorListLength(c.input(0)));
  c.set(0, list);
  c.set(2, ops::TensorListGetItem(c.grad(), index, c.type_attr("element_dtype"), ops::ShapeOf(item)));
  return {};
}

Status ResizeGrad(GradContext& c) {
  c.set(0, ops::TensorListResize(c.grad(), ops::TensorListLength(c.input(0))));
  return {};
}

}  // namespace

void RegisterListItemOps(OpRegistry& r) {
  r.Add("EmptyTensorList")
      .Input("element_shape: shape_type").Input("max_num_elements: int32").Output("handle: variant")
      .Attr("element_dtype: type").Attr("shape_type: {int32, int64}")
      .Doc("A list without items, which may hold up to `max_num_elements`, any number if that is -1.")
      .Shape(EmptyShape).NoFlops()
      .NoGradient("its output depends on shapes alone");
  r.Add("TensorListReserve")
      .Input("element_shape: shape_type").Input("num_elements: int32").Output("handle: variant")
      .Attr("element_dtype: type").Attr("shape_type: {int32, int64}")
      .Doc("A list of `num_elements` items that nobody has set, which are zeros.")
      .Shape(ReserveShape).NoFlops()
      .NoGradient("its output depends on shapes alone");
  r.Add("TensorListPushBack")
      .Input("input_handle: variant").Input("tensor: element_dtype").Output("output_handle: variant")
      .Attr("element_dtype: type")
      .Doc("The list with `tensor` behind its last item.")
      .Shape(PushBackShape).NoFlops()
      .Gradient(PushBackGrad);
  r.Add("TensorListPushBackBatch")
      .Input("input_handles: variant").Input("tensor: element_dtype").Output("output_handles: variant")
      .Attr("element_dtype: type")
      .Doc("A vector of lists, each with its row of `tensor` behind its last item.")
      .Shape(PushBackBatchShape).NoFlops()
      .NoGradient("TensorFlow has none", false);
  r.Add("TensorListPopBack")
      .Input("input_handle: variant").Input("element_shape: int32")
      .Output("output_handle: variant").Output("tensor: element_dtype")
      .Attr("element_dtype: type")
      .Doc("The list without its last item, and that item, whose shape agrees with `element_shape`.")
      .Shape(PopBackShape).NoFlops()
      .Gradient(PopBackGrad);
  r.Add("TensorListLength")
      .Input("input_handle: variant").Output("length: int32")
      .Doc("The number of items.")
      .Shape(LengthShape).NoFlops()
      .NoGradient("its output is a number of items");
  r.Add("TensorListElementShape")
      .Input("input_handle: variant").Output("element_shape: shape_type").Attr("shape_type: {int32, int64}")
      .Doc("What the items' shapes agree with: sizes, -1 for unknown ones; the scalar -1 for an unknown rank.")
      .Shape(ElementShapeShape).NoFlops()
      .NoGradient("its output is a shape");
  r.Add("TensorListGetItem")
      .Input("input_handle: variant").Input("index: int32").Input("element_shape: Tshape").Output("item: element_dtype")
      .Attr("element_dtype: type").Attr("Tshape: {int32, int64} = int32")
      .Doc("Item `index`, whose shape agrees with `element_shape`.")
      .Shape(GetItemShape).NoFlops()
      .Gradient(GetItemGrad);
  r.Add("TensorListSetItem")
      .Input("input_handle: variant").Input("index: int32").Input("item: element_dtype")
      .Output("output_handle: variant")
      .Attr("element_dtype: type").Attr("resize_if_index_out_of_bounds: bool = false")
      .Doc("The list with another item at `index`; it gets longer for an index behind its end when "
           "`resize_if_index_out_of_bounds` is set, else such an index is an error.")
      .Shape(SetItemShape).NoFlops()
      .Gradient(SetItemGrad);
  r.Add("TensorListResize")
      .Input("input_handle: variant").Input("size: int32").Output("output_handle: variant")
      .Doc("The list with `size` items: without the last ones, or with further ones that nobody has set.")
      .Shape(ResizeShape).NoFlops()
      .Gradient(ResizeGrad);
  r.Add("TensorListConcatLists")
      .Input("input_a: variant").Input("input_b: variant").Output("output: variant").Attr("element_dtype: type")
      .Doc("The items of the first list, then those of the second; of tensors of lists, list by list.")
      .Shape(ConcatListsShape).NoFlops()
      .NoGradient("TensorFlow has none", false);
}

// ---- building functions

namespace ops {

Tensor ElementShapeTensor(const PartialShape& s) {
  if (!s.known_rank()) return Tensor(-1);
  Tensor t = Tensor::Zeros(kInt32, {s.rank()});
  for (int i = 0; i < s.rank(); ++i) t.at<int32_t>(i) = Known(s[i]) ? static_cast<int32_t>(s[i]) : -1;
  return t;
}

Output EmptyTensorList(At g, DType element_dtype, const Input& element_shape, const Input& max_num_elements,
                       const Name& name) {
  return g.builder->Add("EmptyTensorList", {element_shape, max_num_elements},
                        ShapeType(element_shape, {{"element_dtype", element_dtype}}), name, g.loc);
}

Output TensorListReserve(const Input& element_shape, const Input& num_elements, DType element_dtype, const Name& name) {
  return Make("TensorListReserve", {element_shape, num_elements},
              ShapeType(element_shape, {{"element_dtype", element_dtype}}), name);
}

OutputList TensorListPopBack(Output list, DType element_dtype, const Input& element_shape, const Name& name) {
  return MakeAll("TensorListPopBack", {list, element_shape}, {{"element_dtype", element_dtype}}, name, 2);
}

Output TensorListGetItem(Output list, const Input& index, DType element_dtype, const Input& element_shape,
                         const Name& name) {
  return Make("TensorListGetItem", {list, index, element_shape}, {{"element_dtype", element_dtype}}, name);
}

Output TensorListSetItem(Output list, const Input& index, const Input& item, bool resize, const Name& name) {
  return Make("TensorListSetItem", {list, index, item}, {{"resize_if_index_out_of_bounds", resize}}, name);
}

}  // namespace ops
}  // namespace weir
