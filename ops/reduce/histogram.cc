// Counts: of integers, Bincount and DenseBincount; of numbers in the bins of a range, HistogramFixedWidth.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// The size that scalar input i is, if that is known; at least `least`.
Result<Dim> BinsOf(const ShapeContext& c, int i, int64_t least) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  if (auto n = KnownElements(c, i)) {
    if ((*n)[0] < least) return InvalidArgument(fmt::format("has {} = {}", c.InputName(i), (*n)[0]));
    return (*n)[0];
  }
  const Dims* v = c.value(i);
  return v && v->size() == 1 ? (*v)[0] : kUnknownDim;  // a symbol
}

Status BincountShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Dim bins, BinsOf(c, 1, 0));
  auto n = c.input(0).num_elements(), weights = c.input(2).num_elements();
  if (n && weights && *weights != 0 && *weights != *n)
    return InvalidArgument(fmt::format("needs as many weights as numbers, or none, not {} and {}", c.Describe(2),
                                       c.Describe(0)));
  c.set_output(0, PartialShape({bins}));
  return {};
}

Status DenseBincountShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Dim bins, BinsOf(c, 1, 0));
  const PartialShape &input = c.input(0), &weights = c.input(2);
  if (!input.known_rank()) return UnknownShape(c);
  if (input.rank() > 2)
    return InvalidArgument(fmt::format("takes a vector or rows of a matrix, not {}", c.Describe(0)));
  auto n = weights.num_elements();
  if (n && *n != 0 && !MergeShapes(input, weights).ok())
    return InvalidArgument(
        fmt::format("needs weights of the numbers' shape, or none, not {} and {}", c.Describe(2), c.Describe(0)));
  c.set_output(0, input.rank() == 2 ? PartialShape({input[0], bins}) : PartialShape({bins}));
  return {};
}

Status HistogramShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape range, c.WithRank(1, 1));
  if (!MergeDims(range[0], 2).ok())
    return InvalidArgument(fmt::format("needs the two ends of a range, not {}", c.Describe(1)));
  WEIR_ASSIGN_OR_RETURN(Dim bins, BinsOf(c, 2, 1));
  c.set_output(0, PartialShape({bins}));
  return {};
}

constexpr char kCounts[] = "TensorFlow has none; counts do not change with numbers";

}  // namespace

void RegisterHistogramOps(OpRegistry& r) {
  r.Add("Bincount")
      .Input("arr: int32").Input("size: int32").Input("weights: T").Output("bins: T")
      .Attr("T: {int32, int64, float, double}")
      .Doc("Element i of `size` elements is how often arr has i, or the sum of the weights of these elements where "
           "`weights` is not empty. Numbers from size on are left out, negative ones an error.")
      .Shape(BincountShape)
      .NoGradient(kCounts, /*zero=*/false);
  r.Add("DenseBincount")
      .Input("input: Tidx").Input("size: Tidx").Input("weights: T").Output("output: T")
      .Attr("Tidx: {int32, int64}").Attr("T: {int32, int64, float, double}").Attr("binary_output: bool = false")
      .Doc("Bincount of a vector, or of each row of a matrix; with binary_output 1 where a number occurs, whatever its "
           "weight.")
      .Shape(DenseBincountShape)
      .NoGradient(kCounts, /*zero=*/false);
  r.Add("HistogramFixedWidth")
      .Input("values: T").Input("value_range: T").Input("nbins: int32").Output("out: dtype")
      .Attr("T: {int32, int64, float, double}").Attr("dtype: {int32, int64} = int32")
      .Doc("How many values lie in each of nbins equal parts of value_range, a vector of two numbers; what lies "
           "outside counts for the first or last part. NaN is an error.")
      .Shape(HistogramShape)
      .NoGradient(kCounts, /*zero=*/false);
}

}  // namespace weir
