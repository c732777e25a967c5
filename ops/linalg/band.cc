// MatrixBandPart: a band of diagonals, zeros elsewhere.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

Status MatrixBandPartShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(0, 2).status());
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  c.set_output(0, c.input(0));
  return {};
}

Status MatrixBandPartGrad(GradContext& c) {
  c.set(0, ops::MatrixBandPart(c.grad(), c.input(1), c.input(2)));
  return {};
}

}  // namespace

void RegisterMatrixBandOps(OpRegistry& r) {
  r.Add("MatrixBandPart")
      .Input("input: T")
      .Input("num_lower: Tindex")
      .Input("num_upper: Tindex")
      .Output("band: T")
      .Attr("T: type")
      .Attr("Tindex: {int32, int64} = int64")
      .Doc("The innermost matrices with zeros outside a band of `num_lower` diagonals below and `num_upper` above the "
           "main one; negative means all.")
      .Shape(MatrixBandPartShape)
      .Gradient(MatrixBandPartGrad);
}

}  // namespace weir
