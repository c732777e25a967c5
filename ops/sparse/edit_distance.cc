// EditDistance: Levenshtein's, between the sequences of two sparse tensors.
#include <algorithm>

#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

// The larger of both sizes along each axis but the last.
Status EditDistanceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const SparseSize hypothesis, SparseSizeOf(c, 0, 1, 2));
  WEIR_ASSIGN_OR_RETURN(const SparseSize truth, SparseSizeOf(c, 3, 4, 5));
  const auto rank = MergeDims(hypothesis.rank, truth.rank);
  if (!rank.ok() || *rank == 0 || *rank == 1) {
    return InvalidArgument("needs sparse tensors of one rank, at least 2, got the shapes " + c.Describe(2) + " and " +
                           c.Describe(5));
  }
  if (!Known(*rank) || *rank > kMaxRank) return UnknownShape(c);
  PartialShape out = PartialShape::UnknownOfRank(static_cast<int>(*rank) - 1);
  const auto a = KnownElements(c, 2), b = KnownElements(c, 5);
  for (int k = 0; a && b && k < out.rank(); ++k) {
    const auto i = static_cast<size_t>(k);
    out[k] = std::max((*a)[i], (*b)[i]);
    if ((*a)[i] < 0 || (*b)[i] < 0) return InvalidArgument("has a negative size in a shape");
  }
  c.set_output(0, out);
  return {};
}

}  // namespace

void RegisterSparseEditDistanceOps(OpRegistry& r) {
  OpDef& op = r.Add("EditDistance");
  for (const std::string of : {"hypothesis", "truth"}) {
    op.Input(of + "_indices: int64").Input(of + "_values: T").Input(of + "_shape: int64");
  }
  op.Output("output: float").Attr("normalize: bool = true").Attr("T: type");
  op.Doc("How many elements have to be put in, left out or changed to make the truth of the hypothesis, of each "
         "sequence along the last axis of two sparse tensors in row-major order. If `normalize`, over the length of "
         "the truth: infinite where that is 0 and the hypothesis is not.");
  op.Shape(EditDistanceShape);
  op.NoGradient("it counts");
}

namespace ops {

Output EditDistance(const SparseParts& hypothesis, const SparseParts& truth, const EditDistanceOptions& o) {
  return Make("EditDistance",
              {hypothesis.indices, hypothesis.values, hypothesis.shape, truth.indices, truth.values, truth.shape},
              {{"normalize", o.normalize}}, {.name = o.name});
}

}  // namespace ops
}  // namespace weir
