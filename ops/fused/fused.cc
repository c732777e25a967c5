// _Fused: a chain of element-wise ops as one op, made by the compiler (ops/rewrites/fuse_elementwise.cc), never by
// users.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

Status FusedShape(ShapeContext& c) {
  PartialShape s = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    WEIR_ASSIGN_OR_RETURN(s, BroadcastShapes(s, c.input(i)));
  }
  // What the ops inside broadcast to is known when they are fused.
  const PartialShape out = c.attr<PartialShape>("shape");
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, out.known_rank() ? out : s);
  return {};
}

}  // namespace

void RegisterFusedOps(OpRegistry& r) {
  r.Add("_Fused")
      .Input("args: T")
      .Output("results: Tout")
      .Attr("T: list(type) >= 1")
      .Attr("Tout: list(type) >= 1")
      .Attr("shape: shape = ?")
      .Attr("instructions: list(string) >= 1")
      .Attr("params: list(float)")
      .Attr("outputs: list(int) >= 1")
      .Doc("A chain of element-wise ops that passes through memory once. Each instruction is `op dtype dtype "
           "operand…`: the op, the dtype of "
           "its attribute T, that of its result, and operands that are inputs (i0) or results of earlier instructions "
           "(r0). outputs "
           "lists the instructions whose results are the outputs, the last instruction first. params holds one "
           "attribute (alpha, tolerance) an instruction, 0 where there is none.")
      .Shape(FusedShape)
      .NoGradient("it is made by the compiler, after differentiation", false);
}

}  // namespace weir
