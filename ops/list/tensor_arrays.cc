// TensorFlow 1's arrays and stacks of tensors, as ops on handles. None of them runs here: LowerTensorArrays and
// LowerStacks make lists of them.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/list/element_shape.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

constexpr const char* kLowered = "gradients go through lists; this is made into those when it is compiled";

// Handles are scalars, and so are flows, floats that stand for what was written so far.

Status GatherShape(ShapeContext& c) {
  PartialShape shape = Along(kUnknownDim, c.attr<PartialShape>("element_shape"));
  if (shape.known_rank() && c.num_inputs() == 3 && c.input(1).rank() == 1) shape[0] = c.input(1)[0];
  c.set_output(0, shape);
  return {};
}

Status ConcatShape(ShapeContext& c) {
  c.set_output(0, Along(kUnknownDim, c.attr<PartialShape>("element_shape_except0")));
  c.set_output(1, PartialShape({kUnknownDim}));
  return {};
}

Status PushShape(ShapeContext& c) {
  c.set_output(0, c.input(1));
  c.PassHandle(1, 0);
  return {};
}

// The forms of three generations: handles are string references, strings, resources.
struct Generation {
  std::string suffix, handle;
};
const Generation kGenerations[] = {{"", "Ref(string)"}, {"V2", "string"}, {"V3", "resource"}};

void AddTensorArrays(OpRegistry& r, const Generation& g) {
  const std::string handle = "handle: " + g.handle;
  const bool newest = g.suffix == "V3";
  enum Effect { kNone, kReads, kWrites };
  auto add = [&](const std::string& op, Effect effect = kNone) -> OpDef& {
    OpDef& def = r.Add(op + g.suffix).Stateful().CompiledAway().NoGradient(kLowered, false);
    if (g.handle == "string") return def;  // a name, no resource
    return effect == kReads ? def.Reads({0}) : effect == kWrites ? def.Writes({0}) : def;
  };
  OpDef& array = add("TensorArray").Input("size: int32").Output(handle);
  if (newest) array.Output("flow: float");
  array.Attr("dtype: type").Attr("element_shape: shape = ?").Attr("dynamic_size: bool = false")
      .Attr("clear_after_read: bool = true");
  if (newest) array.Attr("identical_element_shapes: bool = false");
  array.Attr("tensor_array_name: string = ''")
      .Doc("An array of `size` tensors.")
      .Shape(ScalarShape);
  OpDef& grad = add("TensorArrayGrad", g.suffix.empty() ? kNone : kReads)
                    .Input(g.suffix.empty() ? "handle: string" : handle).Input("flow_in: float")
                    .Output("grad_handle: " + g.handle);
  if (newest) grad.Output("flow_out: float");
  grad.Attr("source: string")
      .Doc("The array of the gradients by another array's tensors, one for each `source`.")
      .Shape(ScalarShape);
  add("TensorArrayWrite", kWrites)
      .Input(handle).Input("index: int32").Input("value: T").Input("flow_in: float").Output("flow_out: float")
      .Attr("T: type")
      .Doc("Writes tensor `index`; into an array of gradients it adds.")
      .Shape(ScalarShape);
  add("TensorArrayRead", kReads)
      .Input(handle).Input("index: int32").Input("flow_in: float").Output("value: dtype").Attr("dtype: type")
      .Doc("Tensor `index`.")
      .Shape(UnknownShape);
  add("TensorArrayGather", kReads)
      .Input(handle).Input("indices: int32").Input("flow_in: float").Output("value: dtype")
      .Attr("dtype: type").Attr("element_shape: shape = ?")
      .Doc("The tensors of these indices along a new first axis.")
      .Shape(GatherShape);
  add("TensorArrayScatter", kWrites)
      .Input(handle).Input("indices: int32").Input("value: T").Input("flow_in: float").Output("flow_out: float")
      .Attr("T: type")
      .Doc("Writes the rows of `value` as the tensors of these indices.")
      .Shape(ScalarShape);
  add("TensorArrayConcat", kReads)
      .Input(handle).Input("flow_in: float").Output("value: dtype").Output("lengths: int64")
      .Attr("dtype: type").Attr("element_shape_except0: shape = ?")
      .Doc("All tensors along their first axis, and how long each is there.")
      .Shape(ConcatShape);
  add("TensorArraySplit", kWrites)
      .Input(handle).Input("value: T").Input("lengths: int64").Input("flow_in: float").Output("flow_out: float")
      .Attr("T: type")
      .Doc("Writes the next `lengths[i]` rows of `value` as tensor i.")
      .Shape(ScalarShape);
  add("TensorArraySize", kReads)
      .Input(handle).Input("flow_in: float").Output("size: int32")
      .Doc("How many tensors it has.")
      .Shape(ScalarShape);
  add("TensorArrayClose", kWrites).Input(handle).Doc("Lets the array go.").Shape(NoOutputs);
}

void AddFirstForms(OpRegistry& r) {
  r.Add("TensorArrayPack")
      .Input("handle: Ref(string)").Input("flow_in: float").Output("value: dtype")
      .Attr("dtype: type").Attr("element_shape: shape = ?")
      .Doc("All tensors along a new first axis.")
      .Shape(GatherShape)
      .Reads({0}).Stateful().CompiledAway().NoGradient(kLowered, false);
  r.Add("TensorArrayUnpack")
      .Input("handle: Ref(string)").Input("value: T").Input("flow_in: float").Output("flow_out: float")
      .Attr("T: type")
      .Doc("Writes the rows of `value`.")
      .Shape(ScalarShape)
      .Writes({0}).Stateful().CompiledAway().NoGradient(kLowered, false);
}

void AddGradWithShape(OpRegistry& r) {
  r.Add("TensorArrayGradWithShape")
      .Input("handle: resource").Input("flow_in: float").Input("shape_to_prepend: int32")
      .Output("grad_handle: resource").Output("flow_out: float").Attr("source: string")
      .Doc("TensorArrayGradV3 with `shape_to_prepend` before the shapes of the gradients.")
      .Shape(ScalarShape)
      .Reads({0}).Stateful().CompiledAway().NoGradient(kLowered, false);
}

void AddStacks(OpRegistry& r, const std::string& suffix, const std::string& handle) {
  auto add = [&](const std::string& op) -> OpDef& {
    return r.Add(op + suffix).Stateful().CompiledAway().NoGradient(kLowered, false);
  };
  OpDef& stack = add("Stack");
  if (!suffix.empty()) stack.Input("max_size: int32");
  stack.Output("handle: " + handle).Attr("elem_type: type").Attr("stack_name: string = ''")
      .Doc("A stack of tensors.")
      .Shape(ScalarShape);
  add("StackPush").Writes({0})
      .Input("handle: " + handle).Input("elem: T").Output("output: T").Attr("T: type").Attr("swap_memory: bool = false")
      .Doc("Puts `elem` onto the stack, and gives it.")
      .Shape(PushShape);
  add("StackPop").Writes({0})
      .Input("handle: " + handle).Output("elem: elem_type").Attr("elem_type: type")
      .Doc("Takes the tensor that was put onto the stack last.")
      .Shape(UnknownShape);
  add("StackClose").Writes({0}).Input("handle: " + handle).Doc("Lets the stack go.").Shape(NoOutputs);
}

}  // namespace

void RegisterTensorArrayOps(OpRegistry& r) {
  for (const Generation& g : kGenerations) AddTensorArrays(r, g);
  AddFirstForms(r);
  AddGradWithShape(r);
  AddStacks(r, "", "Ref(string)");
  AddStacks(r, "V2", "resource");
}

}  // namespace weir
