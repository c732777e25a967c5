// Building functions composed of other ops: Trace, Norm.
#include <fmt/format.h>

#include "weir/ops/call_scope.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"

namespace weir::ops {

Output Trace(Input x, const Name& name) {
  if (!x.builder()) return {};
  CallScope call(x.builder(), x, name.name, "Trace");
  return ReduceSum(Make("MatrixDiagPart", {x}), -1, {.name = x.builder()->scope()});
}

namespace {

// Real numbers of the sizes of x.
Output RealForm(const Output& x) { return IsComplex(BaseType(x.dtype())) ? Abs(x) : x; }

Output VectorNorm(const Output& x, const NormOptions& o, const std::string& scope) {
  const ReduceOptions last{.keepdims = o.keepdims, .name = scope};
  if (o.ord == "euclidean" || o.ord == "2") return ReduceEuclideanNorm(RealForm(x), {}, last);
  if (o.ord == "1") return ReduceSum(Abs(x), {}, last);
  if (o.ord == "inf") return ReduceMax(Abs(x), {}, last);
  return {};
}

Output MatrixNorm(const Output& x, const NormOptions& o, const std::string& scope) {
  const ReduceOptions last{.keepdims = o.keepdims, .name = scope}, first{.keepdims = true};
  if (o.ord == "euclidean" || o.ord == "fro") return ReduceEuclideanNorm(RealForm(x), {-2, -1}, last);
  if (o.ord == "1") return ReduceMax(ReduceSum(Abs(x), -2, first), {-2, -1}, last);
  if (o.ord == "inf") return ReduceMax(ReduceSum(Abs(x), -1, first), {-2, -1}, last);
  if (o.ord != "2") return {};
  Output s = Real(Svd(x, {.compute_uv = false}).s);  // […,p]
  return ReduceMax(Make("ExpandDims", {s, -1}), {-2, -1}, last);
}

}  // namespace

Output Norm(Input tensor, const NormOptions& o) {
  Builder* b = tensor.builder();
  if (!b) return {};
  CallScope call(b, tensor, o.name, "norm");
  Output y = o.matrices ? MatrixNorm(tensor.output(), o, b->scope()) : VectorNorm(tensor.output(), o, b->scope());
  if (!y.valid()) {
    b->Fail(InvalidArgument(fmt::format("error[attr]: '{}': no norm '{}' of {}", b->scope(), o.ord,
                                        o.matrices ? "matrices" : "vectors"))
                .Help(o.matrices ? "euclidean, fro, 1, 2 or inf" : "euclidean, 1, 2 or inf"));
  }
  return y;
}

}  // namespace weir::ops
