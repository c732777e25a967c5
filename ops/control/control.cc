// Ops for order, checks and calls: NoOp, Assert, Print, function calls and functional control flow. What a call or a
// loop does is the executor's; here is what its node says of the outputs.
#include <fmt/format.h>

#include "weir/graph/function_gradient.h"
#include "weir/graph/gradients.h"
#include "weir/ops/control/control.h"
#include "weir/ops/control/control_gradients.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status AssertShape(ShapeContext& c) { return RequireScalar(c, 0); }

// The shapes that attribute `output_shapes` lists, when it lists any.
Status ListedShapes(ShapeContext& c) {
  auto shapes = c.attr<AttrList>("output_shapes").shape;
  if (shapes.empty()) return {};
  if (static_cast<int>(shapes.size()) != c.num_outputs()) {
    return InvalidArgument(fmt::format("has {} output_shapes for {} outputs", shapes.size(), c.num_outputs()));
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, shapes[static_cast<size_t>(i)]);
  return {};
}

Status CaseShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return ListedShapes(c);
}

// A handle is the same variable in every iteration; other loop variables may change their shapes unless the attribute
// says otherwise.
Status WhileShape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs() && i < c.num_inputs(); ++i) {
    if (c.input_dtype(i) != kResource) continue;
    c.set_output(i, c.input(i));
    c.PassHandle(i, i);
  }
  return ListedShapes(c);
}

Status PrintGrad(GradContext& c) {
  c.set(0, c.raw_grad(0));
  return {};
}

constexpr const char* kNoOutput = "it has no output";

Status FakeParamShape(ShapeContext& c) {
  PartialShape shape = c.attr<PartialShape>("shape");
  for (int i = 0; i < shape.rank(); ++i) shape[i] = Known(shape[i]) ? shape[i] : 0;
  c.set_output(0, shape.known_rank() ? shape : PartialShape::Scalar());
  return {};
}

void AddFunctionEnds(OpRegistry& r) {
  r.Add("_Arg")
      .Output("output: T").Attr("T: type").Attr("index: int >= 0")
      .Doc("Parameter `index` of the function whose body this node is in.")
      .Shape(UnknownShape)
      .CompiledAway()
      .NoGradient("a parameter depends on nothing inside the body");
  r.Add("_Retval")
      .Input("input: T").Attr("T: type").Attr("index: int >= 0")
      .Doc("Result `index` of the function whose body this node is in.")
      .Shape(NoOutputs)
      .CompiledAway()
      .NoGradient(kNoOutput);
  r.Add("FakeParam")
      .Output("output: dtype").Attr("dtype: type").Attr("shape: shape")
      .Doc("Zeros (empty strings, false) of this shape, of which unknown sizes are 0 and an unknown rank is a "
           "scalar's: what a branch gives where only the other one has a value, which nobody reads.")
      .Shape(FakeParamShape).NoFlops()
      .NoGradient("its output depends on nothing");
}

void AddCalls(OpRegistry& r) {
  for (bool stateful : {false, true}) {
    OpDef& call =
        r.Add(stateful ? "StatefulPartitionedCall" : "PartitionedCall")
            .Input("args: Tin")
            .Output("output: Tout")
            .Attr("Tin: list(type) >= 0")
            .Attr("Tout: list(type) >= 0")
            .Attr("f: func")
            .Attr("config: string = ''")
            .Attr("config_proto: string = ''")
            .Attr("executor_type: string = ''")
            .Doc(stateful ? "Calls function `f`, which may have effects." : "Calls function `f`, which has no effects.")
            .Shape(UnknownShape)
            .Calls(CallKind::kCall)
            .Gradient(CallGradient);
    OpDef& branch = r.Add(stateful ? "If" : "StatelessIf")
                        .Input("cond: Tcond")
                        .Input("input: Tin")
                        .Output("output: Tout")
                        .Attr("Tcond: type")
                        .Attr("Tin: list(type) >= 0")
                        .Attr("Tout: list(type) >= 0")
                        .Attr("then_branch: func")
                        .Attr("else_branch: func")
                        .Attr("output_shapes: list(shape) = []")
                        .Doc("Calls `then_branch` when `cond` is true, not zero, or a non-empty string or tensor; else "
                             "`else_branch`.")
                        .Shape(ListedShapes)
                        .Calls(CallKind::kIf)
                        .Gradient(BranchGradient);
    OpDef& choice =
        r.Add(stateful ? "Case" : "StatelessCase")
            .Input("branch_index: int32")
            .Input("input: Tin")
            .Output("output: Tout")
            .Attr("Tin: list(type) >= 0")
            .Attr("Tout: list(type) >= 0")
            .Attr("branches: list(func) >= 1")
            .Attr("output_shapes: list(shape) = []")
            .Doc("Calls the function of `branches` that has the number `branch_index`, the last one if none has it.")
            .Shape(CaseShape)
            .Calls(CallKind::kCase)
            .Gradient(BranchGradient);
    OpDef& loop =
        r.Add(stateful ? "While" : "StatelessWhile")
            .Input("input: T")
            .Output("output: T")
            .Attr("T: list(type) >= 0")
            .Attr("cond: func")
            .Attr("body: func")
            .Attr("output_shapes: list(shape) = []")
            .Attr("parallel_iterations: int = 10")
            .Doc("Calls `body` on the loop variables as long as `cond` of them is true; gives their last values.")
            .Shape(WhileShape)
            .Calls(CallKind::kLoop)
            .Gradient(LoopGradient);
    if (stateful) call.Stateful(), branch.Stateful(), choice.Stateful(), loop.Stateful();
  }
}

}  // namespace

void RegisterFrameOps(OpRegistry& r);            // frames.cc: Switch, Merge, Enter …
void RegisterComposedControlOps(OpRegistry& r);  // composed.cc: For, SymbolicGradient

void RegisterControlOps(OpRegistry& r) {
  r.Add("NoOp").Doc("Does nothing; stands for the nodes that it waits for.").Shape(NoOutputs).CompiledAway()
      .NoGradient(kNoOutput);
  r.Add("ControlTrigger")
      .Doc("Does nothing; waits for its control inputs, dead ones included.")
      .Shape(NoOutputs)
      .CompiledAway()
      .NoGradient(kNoOutput);
  r.Add("Assert")
      .Input("condition: bool").Input("data: T").Attr("T: list(type) >= 1").Attr("summarize: int = 3")
      .Doc("An error that shows `data` (up to `summarize` elements of each) when the scalar `condition` is false.")
      .Shape(AssertShape)
      .NoGradient(kNoOutput)
      .Stateful();
  r.Add("Print")
      .Input("input: T")
      .Input("data: U")
      .Output("output: T")
      .Attr("T: type")
      .Attr("U: list(type) >= 0")
      .Attr("message: string = ''")
      .Attr("first_n: int = -1")
      .Attr("summarize: int = 3")
      .Doc("The input, unchanged; prints `message` and `data` (up to `summarize` elements of each), the first "
           "`first_n` times when that is not negative.")
      .Shape(UnchangedShape)
      .Gradient(PrintGrad)
      .KeepsState()
      .Stateful();
  AddFunctionEnds(r);
  AddCalls(r);
  RegisterFrameOps(r);
  RegisterComposedControlOps(r);
}

// ---- building functions

Operation Group(At g, const std::vector<Operation>& operations, const Name& name) {
  auto free = g.builder->NoControlDependencies();
  auto after = g.builder->ControlDependencies(operations);
  return g.builder->AddNode("NoOp", {}, {}, name, g.loc);
}

}  // namespace weir
