// Variables behind resource handles: schemas, shapes and gradients of VarHandleOp, ReadVariableOp, the assignments, and
// gather and scatter on a variable's rows. (The reference forms of old graphs are in
// reference.cc.)
//
// What a handle's variable holds is known by the handle data that VarHandleOp puts on its output; every shape here
// comes from it. Which inputs an op reads and writes is declared, so that effects can be put in order.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/ops/state/shapes.h"
#include "weir/ops/state/state.h"

namespace weir {

namespace {

Status VarHandleShape(ShapeContext& c) {
  c.set_output(0, PartialShape::Scalar());
  TellVariable(c, c.attr<PartialShape>("shape"));
  return {};
}

Status ReadShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckHandle(c, "dtype"));
  c.set_output(0, c.handle_shape(0));
  return {};
}

// Checks a value of the variable's shape.
Status AssignShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckHandle(c, "dtype"));
  auto merged = MergeShapes(c.handle_shape(0), c.input(1));
  if (merged.ok()) return {};
  return InvalidArgument(
             fmt::format("cannot give {} to a variable of shape {}", c.Describe(1), c.handle_shape(0).ToString()))
      .Detail(merged.status().message());
}

Status VariableShapeShape(ShapeContext& c) {
  const PartialShape& shape = c.handle_shape(0);
  if (!shape.known_rank()) {
    c.set_output(0, PartialShape::UnknownOfRank(1));
    return {};
  }
  c.set_output(0, PartialShape({shape.rank()}));
  c.set_output_value(0, shape.dims());
  return {};
}

Status ResourceGatherShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckHandle(c, "dtype"));
  const PartialShape &params = c.handle_shape(0), &indices = c.input(1);
  int64_t batch = c.attr<int64_t>("batch_dims");
  auto bad = [&](int rank) { return batch < 0 || batch > rank; };
  if (bad(kMaxRank) || (indices.known_rank() && bad(indices.rank())) ||
      (params.known_rank() && bad(params.rank() - 1))) {
    return InvalidArgument(
        fmt::format("has batch_dims = {}, which suits neither a variable of shape {} nor indices of shape {}", batch,
                    params.ToString(), indices.ToString()));
  }
  if (!params.known_rank() || !indices.known_rank()) return {};
  int b = static_cast<int>(batch);
  auto leading = MergeShapes(Subshape(params, 0, b), Subshape(indices, 0, b));
  if (!leading.ok()) {
    return InvalidArgument("has different batch sizes in variable and indices").Detail(leading.status().message());
  }
  PartialShape rest = Concatenate(Subshape(indices, b, indices.rank()), Subshape(params, b + 1, params.rank()));
  c.set_output(0, Concatenate(*leading, rest));
  return {};
}

Status ResourceScatterShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckHandle(c, "dtype"));
  return CheckScatterUpdates(c, c.handle_shape(0));
}

Status CountUpToShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckHandle(c, "T"));
  const PartialShape& shape = c.handle_shape(0);
  if (shape.known_rank() && shape.rank() != 0)
    return InvalidArgument(fmt::format("counts by a scalar variable, not one of shape {}", shape.ToString()));
  return ScalarShape(c);
}

Status ReadGradient(GradContext& c) {
  c.set(0, c.raw_grad(0));
  return {};
}

// Axes [begin, end) of a shape vector; `end` below zero means to the end.
Output ShapePart(const Output& shape, int64_t begin, int64_t end = -1) {
  auto at = [](int64_t i) { return Input({Literal(i)}); };
  return Make("StridedSlice", {shape, at(begin), at(std::max<int64_t>(end, 0)), at(1)},
              {{"begin_mask", int64_t{0}}, {"end_mask", int64_t{end < 0}}});
}

// With batch dimensions the rows are numbered through the batches: the gradient is a sum over segments, reshaped.
Output BatchedGatherGradient(const Output& grad, const Output& indices, const Output& shape, int64_t batch) {
  DType index_type = indices.dtype();
  auto product = [](const Output& part) { return Make("Prod", {part, Input({Literal(0)})}, {{"keep_dims", false}}); };
  Output batches = product(ShapePart(shape, 0, batch)), rows = product(ShapePart(shape, batch, batch + 1));
  Output per_batch = product(ShapePart(Make("Shape", {indices}), batch));
  Output offsets = Make("Mul", {Make("Range", {0, batches, 1}), rows});
  offsets = Make("Cast", {Make("Reshape", {offsets, Make("Pack", {batches, 1})})}, {{"DstT", index_type}});
  Output flat = Make("AddV2", {Make("Reshape", {indices, Make("Pack", {batches, per_batch})}), offsets});
  Output size = Make("Reshape", {Make("Size", {indices}), Input({Literal(1)})});
  Output values = Make("Reshape", {grad, Make("ConcatV2", {size, ShapePart(shape, batch + 1), 0})});
  Output sum = Make("UnsortedSegmentSum", {values, Make("Reshape", {flat, size}), Make("Mul", {batches, rows})});
  return Make("Reshape", {sum, shape});
}

Status ResourceGatherGradient(GradContext& c) {
  Output shape = Make("VariableShape", {c.input(0)}), indices = c.input(1), grad = c.grad();
  if (int64_t batch = c.attr<int64_t>("batch_dims"); batch > 0) {
    c.set(0, BatchedGatherGradient(grad, indices, shape, batch));
    return {};
  }
  Output size = Make("Reshape", {Make("Size", {indices}), Input({Literal(1)})});
  Output values = Make("Reshape", {grad, Make("ConcatV2", {size, ShapePart(shape, 1), 0})});
  c.set(0, IndexedSlices{values, Make("Reshape", {indices, size}), shape});
  return {};
}

constexpr char kChanges[] = "it changes a variable";

void AddHandleOps(OpRegistry& r) {
  r.Add("VarHandleOp")
      .Output("resource: resource")
      .Attr("container: string = ''")
      .Attr("shared_name: string = ''")
      .Attr("debug_name: string = ''")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .Attr("allowed_devices: list(string) = []")
      .MakesHandle()
      .Doc(
          "A handle to the variable called `shared_name` (the node's name when empty) in `container`, of the given "
          "dtype and "
          "shape. Two handles of one name are one variable.")
      .Shape(VarHandleShape)
      .NoGradient("gradients by a variable end at its handle");
  r.Add("ReadVariableOp")
      .Input("resource: resource").Output("value: dtype").Attr("dtype: type").Reads({0}).CompiledAway().NoFlops()
      .Doc("The variable's value at the moment of reading; later writes do not change it.")
      .Shape(ReadShape)
      .Gradient(ReadGradient);
  r.Add("VarIsInitializedOp")
      .Input("resource: resource").Output("is_initialized: bool").Reads({0}).CompiledAway()
      .Doc("Whether the variable has been given a value.")
      .Shape(ScalarShape)
      .NoGradient("its output is a bool");
  r.Add("DisableCopyOnRead")
      .Input("resource: resource").Stateful().Reads({0})
      .Doc("Tells TensorFlow that reads of the variable need not copy it; Weir's never do, so that it does nothing.")
      .Shape(NoOutputs)
      .NoGradient("it has no output");
  r.Add("VariableShape")
      .Input("input: resource")
      .Output("output: out_type")
      .Attr("out_type: {int32, int64} = int32")
      .Reads({0})
      .CompiledAway()
      .Doc("The shape of the variable's value, as a vector.")
      .Shape(VariableShapeShape)
      .NoGradient("its output is an integer");
}

OpDef& AddAssign(OpRegistry& r, const char* op) {
  return r.Add(op)
      .Input("resource: resource").Input("value: dtype").Attr("dtype: type")
      .Stateful().Writes({0}).Shape(AssignShape).NoGradient(kChanges);
}

OpDef& AddScatter(OpRegistry& r, const char* op, const std::string& dtypes) {
  return r.Add(op)
      .Input("resource: resource").Input("indices: Tindices").Input("updates: dtype")
      .Attr("dtype: " + dtypes).Attr("Tindices: {int32, int64}")
      .Stateful().Reads({0}).Writes({0}).Shape(ResourceScatterShape).NoGradient(kChanges);
}

}  // namespace

void RegisterStateResourceOps(OpRegistry& r) {
  AddHandleOps(r);
  AddAssign(r, "AssignVariableOp")
      .Attr("validate_shape: bool = false").CompiledAway().NoFlops()
      .Doc("Sets the variable to `value`.");
  AddAssign(r, "AssignAddVariableOp").Reads({0}).Doc("Adds `value`, of the variable's shape, to the variable.");
  AddAssign(r, "AssignSubVariableOp").Reads({0}).Doc("Subtracts `value`, of the variable's shape, from the variable.");
  r.Add("ResourceCountUpTo")
      .Input("resource: resource").Output("output: T").Attr("limit: int").Attr("T: {int32, int64}")
      .Stateful().Reads({0}).Writes({0})
      .Doc("The variable's value, which then is one more; OutOfRange, and the variable stays, when it is `limit`.")
      .Shape(CountUpToShape)
      .NoGradient("its output is an integer");
  r.Add("ResourceGather")
      .Input("resource: resource")
      .Input("indices: Tindices")
      .Output("output: dtype")
      .Attr("batch_dims: int = 0")
      .Attr("validate_indices: bool = true")
      .Attr("dtype: type")
      .Attr("Tindices: {int32, int64}")
      .Reads({0})
      .Doc(
          "The variable's slices along axis `batch_dims` at `indices`, read without copying the rest: "
          "output[i, …] = variable[indices[i], …]. An index outside the axis is an error.")
      .Shape(ResourceGatherShape)
      .Gradient(ResourceGatherGradient);
  AddScatter(r, "ResourceScatterAdd", "numbertype")
      .Doc("variable[indices[i], …] += updates[i, …]; a row named twice gets both. An index outside is an error.");
  AddScatter(r, "ResourceScatterSub", "numbertype")
      .Doc("variable[indices[i], …] -= updates[i, …]; a row named twice gets both. An index outside is an error.");
  AddScatter(r, "ResourceScatterMul", "numbertype")
      .Doc(
          "variable[indices[i], …] *= updates[i, …]; a row named twice takes both factors. An index outside is an "
          "error.");
  AddScatter(r, "ResourceScatterMax", "realnumbertype")
      .Doc(
          "variable[indices[i], …] = max(variable[indices[i], …], updates[i, …]); of a row named twice both count. An "
          "index outside is an error.");
  AddScatter(r, "ResourceScatterUpdate", "type")
      .Doc(
          "variable[indices[i], …] = updates[i, …]; of a row named twice the last counts. An index outside is an "
          "error.");
}

// ---- building functions

AttrMap ops::HandleDType(const Input& handle) {
  if (!handle.output().valid()) return {};
  DType dtype = handle.builder()->graph().type(handle.output().endpoint()).handle_dtype;
  return dtype == DType::kInvalid ? AttrMap() : AttrMap{{"dtype", dtype}};
}

}  // namespace weir
