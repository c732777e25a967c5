// TensorFlow 1's reference variables: VariableV2 hands out a reference to its memory, and Assign and its kin take it.
//
// They are known so that old graphs load, are drawn and differentiated; compiling turns each into its resource form
// (resource.cc), so they have no kernels.
#include <fmt/format.h>

#include "weir/ops/state/shapes.h"

namespace weir {

namespace {

Status VariableShape(ShapeContext& c) {
  const PartialShape shape = c.attr<PartialShape>("shape");
  c.set_output(0, shape);
  TellVariable(c, shape);
  return {};
}

// In the oldest graphs the empty shape meant "not known".
Status OldVariableShape(ShapeContext& c) {
  PartialShape shape = c.attr<PartialShape>("shape");
  if (shape.known_rank() && shape.rank() == 0) shape = PartialShape::Unknown();
  c.set_output(0, shape);
  TellVariable(c, shape);
  return {};
}

Status AssignShape(ShapeContext& c) {
  if (!c.attr<bool>("validate_shape")) {
    c.set_output(0, c.input(1));
    return {};
  }
  auto merged = MergeShapes(c.input(0), c.input(1));
  if (!merged.ok()) {
    return InvalidArgument(
               fmt::format("cannot give {} to a variable of shape {}", c.Describe(1), c.input(0).ToString()))
        .Detail(merged.status().message());
  }
  c.set_output(0, *merged);
  return {};
}

Status ScatterShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScatterUpdates(c, c.input(0)));
  c.set_output(0, c.input(0));
  return {};
}

constexpr char kChanges[] = "it changes a variable; differentiate by the variable or a read of it";

OpDef& AddVariable(OpRegistry& r, const char* op) {
  return r.Add(op)
      .Output("ref: Ref(dtype)")
      .Attr("shape: shape").Attr("dtype: type").Attr("container: string = ''").Attr("shared_name: string = ''")
      .Stateful().CompiledAway().HandleForm("VarHandleOp")
      .NoGradient("gradients by a variable end here");
}

OpDef& AddAssign(OpRegistry& r, const char* op, const char* handle_form, const std::string& dtypes) {
  return r.Add(op)
      .Input("ref: Ref(T)").Input("value: T").Output("output_ref: Ref(T)").Attr("T: " + dtypes)
      .Stateful().Writes({0}).CompiledAway().HandleForm(handle_form).NoGradient(kChanges);
}

OpDef& AddScatter(OpRegistry& r, const std::string& op, const std::string& dtypes) {
  return r.Add(op)
      .Input("ref: Ref(T)").Input("indices: Tindices").Input("updates: T").Output("output_ref: Ref(T)")
      .Attr("T: " + dtypes).Attr("Tindices: {int32, int64}")
      .Stateful().Reads({0}).Writes({0}).CompiledAway().HandleForm("Resource" + op).Shape(ScatterShape);
}

}  // namespace

void RegisterStateReferenceOps(OpRegistry& r) {
  AddVariable(r, "VariableV2").Shape(VariableShape).Doc("A variable of the given dtype and shape, as a reference.");
  AddVariable(r, "Variable")
      .Shape(OldVariableShape)
      .Doc("The oldest form of VariableV2, where the shape [] means that it is not known.");
  AddAssign(r, "Assign", "AssignVariableOp", "type")
      .Attr("validate_shape: bool = true")
      .Attr("use_locking: bool = true")
      .Shape(AssignShape)
      .Doc(
          "Sets the variable to `value` and hands the reference on. Shapes must agree unless validate_shape is false.");
  AddAssign(r, "AssignAdd", "AssignAddVariableOp", "numbertype")
      .Attr("use_locking: bool = false").Reads({0})
      .Shape(MergedShape)
      .Doc("Adds `value` to the variable and hands the reference on.");
  AddAssign(r, "AssignSub", "AssignSubVariableOp", "numbertype")
      .Attr("use_locking: bool = false").Reads({0})
      .Shape(MergedShape)
      .Doc("Subtracts `value` from the variable and hands the reference on.");
  r.Add("CountUpTo")
      .Input("ref: Ref(T)").Output("output: T").Attr("limit: int").Attr("T: {int32, int64}")
      .Stateful().Reads({0}).Writes({0}).CompiledAway().HandleForm("ResourceCountUpTo")
      .Shape(ScalarShape)
      .Doc("The variable's value, which then is one more; OutOfRange, and the variable stays, when it is `limit`.")
      .NoGradient("its output is an integer");
  AddScatter(r, "ScatterAdd", "numbertype")
      .Attr("use_locking: bool = false")
      .Doc("ref[indices[i], …] += updates[i, …]; hands the reference on.")
      .NoGradient(kChanges);
  AddScatter(r, "ScatterSub", "numbertype")
      .Attr("use_locking: bool = false")
      .Doc("ref[indices[i], …] -= updates[i, …]; hands the reference on.")
      .NoGradient(kChanges);
  AddScatter(r, "ScatterUpdate", "type")
      .Attr("use_locking: bool = true")
      .Doc("ref[indices[i], …] = updates[i, …]; hands the reference on.")
      .NoGradient(kChanges, /*zero=*/false);
  r.Add("IsVariableInitialized")
      .Input("ref: Ref(dtype)").Output("is_initialized: bool").Attr("dtype: type").Stateful().Reads({0}).CompiledAway()
      .HandleForm("VarIsInitializedOp")
      .Shape(ScalarShape)
      .Doc("Whether the variable has been given a value.")
      .NoGradient("its output is a bool");
}

}  // namespace weir
