// Lists as tensors: all items along a new first axis, or along the one that they have.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/list/element_shape.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"

namespace weir {

namespace {

Status StackShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape item, ItemShape(c, 0, 1));
  const int64_t count = c.attr<int64_t>("num_elements");
  c.set_output(0, Along(count >= 0 ? count : kUnknownDim, item));
  return {};
}

Status GatherShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape item, ItemShape(c, 0, 2));
  c.set_output(0, Along(c.input(1).known_rank() ? c.input(1)[0] : kUnknownDim, item));
  return {};
}

// A list of the rows of input 0.
Status RowsShape(ShapeContext& c, int element_shape) {
  WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(0, 1).status());
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, element_shape));
  auto row = MergeShapes(asked, RowShape(c.input(0)));
  if (!row.ok()) {
    return InvalidArgument(
        fmt::format("has rows of another shape than element_shape {}: {}", asked.ToString(), c.Describe(0)));
  }
  return GiveList(c, 0, c.attr<DType>("element_dtype"), std::move(*row));
}

Status FromTensorShape(ShapeContext& c) { return RowsShape(c, 1); }

Status ScatterShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  return RowsShape(c, 2);
}

Status ScatterIntoShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(1, 1).status());
  WEIR_RETURN_IF_ERROR(RequireVector(c, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape element, ListWith(c, 0, RowShape(c.input(1))));
  return GiveList(c, 0, c.attr<DType>("element_dtype"), std::move(element));
}

Status SplitShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(0, 1).status());
  WEIR_RETURN_IF_ERROR(RequireVector(c, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  // Items differ in their first axis.
  WEIR_ASSIGN_OR_RETURN(PartialShape item, MergeShapes(asked, Along(kUnknownDim, RowShape(c.input(0)))));
  return GiveList(c, 0, c.attr<DType>("element_dtype"), std::move(item));
}

Status ConcatShapes(ShapeContext& c, const PartialShape& asked) {
  WEIR_ASSIGN_OR_RETURN(PartialShape item, ItemOf(c, 0, asked));
  c.set_output(0, item.known_rank() ? Along(kUnknownDim, RowShape(item)) : PartialShape::Unknown());
  c.set_output(1, PartialShape({kUnknownDim}));
  return {};
}

Status ConcatShape(ShapeContext& c) { return ConcatShapes(c, c.attr<PartialShape>("element_shape")); }

Status ConcatV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape asked, AskedShape(c, 1));
  return ConcatShapes(c, asked);
}

// ---- gradients

// The shape of a tensor's rows, as a node.
Output RowShapeOf(const Output& tensor) { return ops::ShapeOf(tensor)[{{1, _}}]; }

Status StackGrad(GradContext& c) {
  c.set(0, ops::TensorListFromTensor(c.grad(), RowShapeOf(c.grad())));
  return {};
}

Status FromTensorGrad(GradContext& c) {
  Output rows = ops::TensorListStack(c.grad(), c.type_attr("element_dtype"), RowShapeOf(c.input(0)));
  c.set(0, ops::Reshape(rows, ops::ShapeOf(c.input(0))));
  return {};
}

Status GatherGrad(GradContext& c) {
  Output zeros = ops::TensorListReserve(ops::TensorListElementShape(c.input(0)), ops::TensorListLength(c.input(0)),
                                        c.type_attr("element_dtype"));
  c.set(0, ops::TensorListScatterIntoExistingList(zeros, c.grad(), c.input(1)));
  return {};
}

Status ScatterGrad(GradContext& c) {
  c.set(0, ops::TensorListGather(c.grad(), c.input(1), c.type_attr("element_dtype"), RowShapeOf(c.input(0))));
  return {};
}

Status ScatterIntoGrad(GradContext& c) {
  Output tensor = c.input(1), indices = c.input(2);
  Output list = ops::TensorListScatterIntoExistingList(c.grad(), Make("ZerosLike", {tensor}), indices);
  c.set(0, ops::TensorListResize(list, ops::TensorListLength(c.input(0))));  // the op may have made it longer
  c.set(1, ops::TensorListGather(c.grad(), indices, c.type_attr("element_dtype"), RowShapeOf(tensor)));
  return {};
}

Status ConcatGrad(GradContext& c) {
  c.set(0, ops::TensorListSplit(c.grad(0), c.output(1), ops::TensorListElementShape(c.input(0))));
  return {};
}

Status SplitGrad(GradContext& c) {
  Output items = Make("TensorListConcatV2", {c.grad(), c.input(1), c.input(2)},
                      {{"element_dtype", c.type_attr("element_dtype")}});
  c.set(0, ops::Reshape(items, ops::ShapeOf(c.input(0))));
  return {};
}

}  // namespace

void RegisterListStackedOps(OpRegistry& r) {
  r.Add("TensorListStack")
      .Input("input_handle: variant").Input("element_shape: int32").Output("tensor: element_dtype")
      .Attr("element_dtype: type").Attr("num_elements: int = -1")
      .Doc("All items along a new first axis. They have one shape, which agrees with `element_shape`; they are "
           "`num_elements` where that is not -1.")
      .Shape(StackShape).NoFlops()
      .Gradient(StackGrad);
  r.Add("TensorListFromTensor")
      .Input("tensor: element_dtype").Input("element_shape: shape_type").Output("output_handle: variant")
      .Attr("element_dtype: type").Attr("shape_type: {int32, int64}")
      .Doc("The list of the tensor's rows, whose shape agrees with `element_shape`.")
      .Shape(FromTensorShape).NoFlops()
      .Gradient(FromTensorGrad);
  r.Add("TensorListGather")
      .Input("input_handle: variant").Input("indices: int32").Input("element_shape: int32")
      .Output("values: element_dtype")
      .Attr("element_dtype: type")
      .Doc("The items with these indices along a new first axis.")
      .Shape(GatherShape).NoFlops()
      .Gradient(GatherGrad);
  for (bool sized : {false, true}) {
    OpDef& scatter = r.Add(sized ? "TensorListScatterV2" : "TensorListScatter")
                         .Input("tensor: element_dtype").Input("indices: int32").Input("element_shape: shape_type");
    if (sized) scatter.Input("num_elements: int32");
    scatter.Output("output_handle: variant").Attr("element_dtype: type").Attr("shape_type: {int32, int64}")
        .Doc(sized ? "The list of `num_elements` items, or of as many as the largest index asks for if that is -1, "
                     "whose item indices[i] is row i of the tensor; nobody has set the others."
                   : "The list whose item indices[i] is row i of the tensor; nobody has set the others.")
        .Shape(ScatterShape).NoFlops()
        .Gradient(ScatterGrad);
  }
  r.Add("TensorListScatterIntoExistingList")
      .Input("input_handle: variant").Input("tensor: element_dtype").Input("indices: int32")
      .Output("output_handle: variant")
      .Attr("element_dtype: type")
      .Doc("The list with row i of the tensor for item indices[i]; as long as the largest index asks for.")
      .Shape(ScatterIntoShape).NoFlops()
      .Gradient(ScatterIntoGrad);
  r.Add("TensorListConcat")
      .Input("input_handle: variant").Output("tensor: element_dtype").Output("lengths: int64")
      .Attr("element_dtype: type").Attr("element_shape: shape = ?")
      .Doc("All items along their first axis, and how long each is there.")
      .Shape(ConcatShape).NoFlops()
      .Gradient(ConcatGrad);
  r.Add("TensorListConcatV2")
      .Input("input_handle: variant").Input("element_shape: shape_type").Input("leading_dims: int64")
      .Output("tensor: element_dtype").Output("lengths: int64")
      .Attr("element_dtype: type").Attr("shape_type: {int32, int64}")
      .Doc("All items along their first axis, and how long each is there; `leading_dims` are the lengths of items that "
           "nobody has set.")
      .Shape(ConcatV2Shape).NoFlops()
      .Gradient(ConcatGrad);
  r.Add("TensorListSplit")
      .Input("tensor: element_dtype").Input("element_shape: shape_type").Input("lengths: int64")
      .Output("output_handle: variant")
      .Attr("element_dtype: type").Attr("shape_type: {int32, int64}")
      .Doc("The list whose item i is the next lengths[i] rows of the tensor.")
      .Shape(SplitShape).NoFlops()
      .Gradient(SplitGrad);
}

// ---- building functions

namespace ops {

Output TensorListStack(Output list, DType element_dtype, const Input& element_shape, int64_t num_elements,
                       const Name& name) {
  return Make("TensorListStack", {list, element_shape},
              {{"element_dtype", element_dtype}, {"num_elements", num_elements}}, name);
}

Output TensorListFromTensor(const Input& tensor, const Input& element_shape, const Name& name) {
  return Make("TensorListFromTensor", {tensor, element_shape}, ShapeType(element_shape), name);
}

Output TensorListGather(Output list, const Input& indices, DType element_dtype, const Input& element_shape,
                        const Name& name) {
  return Make("TensorListGather", {list, indices, element_shape}, {{"element_dtype", element_dtype}}, name);
}

Output TensorListScatter(const Input& tensor, const Input& indices, const Input& element_shape,
                         const Input& num_elements, const Name& name) {
  return Make("TensorListScatterV2", {tensor, indices, element_shape, num_elements}, ShapeType(element_shape), name);
}

OutputList TensorListConcat(Output list, DType element_dtype, const Input& element_shape, const Name& name) {
  return MakeAll("TensorListConcatV2", {list, element_shape, std::vector<int64_t>{}},
                 ShapeType(element_shape, {{"element_dtype", element_dtype}}), name, 2);
}

Output TensorListSplit(const Input& tensor, const Input& lengths, const Input& element_shape, const Name& name) {
  return Make("TensorListSplit", {tensor, element_shape, lengths}, ShapeType(element_shape), name);
}

}  // namespace ops
}  // namespace weir
