// _Fused: a chain of element-wise ops as one op, made by the compiler (ops/rewrites/fuse_elementwise.cc), never by
// users.
#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

Status FusedShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.attr<Program>("body").CheckTypes(c.attr<AttrList>("T").type, c.attr<AttrList>("Tout").type));
  PartialShape s = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    WEIR_ASSIGN_OR_RETURN(s, BroadcastShapes(s, c.input(i)));
  }
  // What the ops inside broadcast to is known when they are fused.
  if (const PartialShape out = c.attr<PartialShape>("shape"); out.known_rank()) {
    WEIR_ASSIGN_OR_RETURN(s, BroadcastShapes(s, out));
    WEIR_ASSIGN_OR_RETURN(s, MergeShapes(s, out));
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, s);
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
      .Attr("body: program")
      .Doc("A chain of element-wise ops that passes through memory once. The body lists the inputs, an instruction "
           "for each op with the dtype of its result, its attribute (alpha, tolerance) and what it reads, inputs or "
           "earlier results, and the results that are outputs, the last instruction's first.")
      .Shape(FusedShape)
      .NoGradient("it is made by the compiler, after differentiation", false);
}

}  // namespace weir
