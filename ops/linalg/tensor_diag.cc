// Diagonals of tensors of any even rank: Diag and DiagPart. (Those of matrices: diag.cc.)
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"

namespace weir {

namespace {

Status DiagShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  if (!s.known_rank()) return {};
  if (2 * s.rank() > kMaxRank) return InvalidArgument(fmt::format("makes too many axes of {}", c.Describe(0)));
  c.set_output(0, Concatenate(s, s));
  return {};
}

Status DiagPartShape(ShapeContext& c) {
  const PartialShape& s = c.input(0);
  if (!s.known_rank()) return {};
  const int half = s.rank() / 2;
  auto merged = MergeShapes(Subshape(s, 0, half), Subshape(s, half, s.rank()));
  if (merged.ok()) {
    c.set_output(0, *merged);
    return {};
  }
  return InvalidArgument(fmt::format("has no diagonal in {}", c.Describe(0)))
      .Detail("the second half of the axes must have the sizes of the first");
}

GradFn By(const char* op) {
  return [op](GradContext& c) {
    c.set(0, Make(op, {c.grad()}));
    return OkStatus();
  };
}

constexpr char kTypes[] = "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}";

}  // namespace

void RegisterTensorDiagOps(OpRegistry& r) {
  r.Add("Diag")
      .Input("diagonal: T").Output("output: T").Attr(kTypes)
      .Doc("Of `diagonal` of shape s a tensor of shape s + s: output[i…, i…] = diagonal[i…], zeros elsewhere.")
      .Shape(DiagShape).NoFlops()
      .Gradient(By("DiagPart"));
  r.Add("DiagPart")
      .Input("input: T").Output("diagonal: T").Attr(kTypes)
      .Doc("Of a tensor of shape s + s the diagonal, of shape s: diagonal[i…] = input[i…, i…].")
      .Shape(DiagPartShape).NoFlops()
      .Gradient(By("Diag"));
}

}  // namespace weir
