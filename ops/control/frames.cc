// TensorFlow 1's control flow: tensors that are dead where they were not chosen, and frames that tokens go round in.
// None of it runs here: LiftControlFlow makes If and While of it. Reference forms are the same on handles.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr const char* kLifted = "gradients go through If and While: LiftedGraph makes those of it";

// Each output is input 0.
Status HandOn(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.set_output(i, c.input(0));
    c.PassHandle(0, i);
  }
  return {};
}

Status SwitchShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  return HandOn(c);
}

// What all inputs have in common; in a loop, that is found when the loop has become a While.
Status MergeShape(ShapeContext& c) {
  PartialShape common = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) common = CommonShape(common, c.input(i));
  c.set_output(0, common);
  if (c.num_inputs() > 0) c.PassHandle(0, 0);
  c.set_output(1, PartialShape::Scalar());
  return {};
}

Status LoopCondShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return ScalarShape(c);
}

}  // namespace

void RegisterFrameOps(OpRegistry& r) {
  for (bool ref : {false, true}) {
    const std::string prefix = ref ? "Ref" : "", type = ref ? "Ref(T)" : "T";
    auto add = [&](const std::string& op) -> OpDef& {
      OpDef& def = r.Add(prefix + op);
      if (ref) def.HandleForm(op).HandsOn();
      return def.CompiledAway().NoGradient(kLifted, false);
    };
    add("Switch")
        .Input("data: " + type).Input("pred: bool").Output("output_false: " + type).Output("output_true: " + type)
        .Attr("T: type")
        .Doc("`data` as the output that `pred` chooses; the other one is dead, and so is whatever reads it.")
        .Shape(SwitchShape);
    add("Merge")
        .Input(ref ? "inputs: Ref(N * T)" : "inputs: N * T").Output("output: " + type).Output("value_index: int32")
        .Attr("T: type").Attr("N: int >= 1")
        .Doc("That of the inputs which is not dead, and its number.")
        .Shape(MergeShape);
    add("Enter")
        .Input("data: " + type).Output("output: " + type)
        .Attr("T: type").Attr("frame_name: string").Attr("is_constant: bool = false")
        .Attr("parallel_iterations: int = 10")
        .Doc("`data` in the frame of this name: in its first iteration, in all of them if `is_constant`.")
        .Shape(HandOn);
    add("Exit")
        .Input("data: " + type).Output("output: " + type).Attr("T: type")
        .Doc("`data`, once it is not dead, outside its frame.")
        .Shape(HandOn);
    add("NextIteration")
        .Input("data: " + type).Output("output: " + type).Attr("T: type")
        .Doc("`data` in the next iteration of its frame.")
        .Shape(HandOn)
        .FeedsBack();
  }
  r.Add("LoopCond")
      .Input("input: bool").Output("output: bool")
      .Doc("Whether a loop goes on.")
      .Shape(LoopCondShape)
      .CompiledAway()
      .NoGradient("its output is no number");
}

}  // namespace weir
