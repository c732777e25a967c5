// Ops on sets, the elements of tensors along the last axis: DenseToDenseSetOperation, DenseToSparseSetOperation,
// SparseToSparseSetOperation, SetSize. Results are sparse tensors.
#include <fmt/format.h>

#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

constexpr char kSets[] = "sets have no derivative";
constexpr char kTypes[] = "T: {int8, int16, int32, int64, uint8, uint16, string}";
constexpr char kOperations[] =
    "set_operation is 'a-b', 'b-a', 'intersection' or 'union'. The results are sets, too, in growing order, as a "
    "sparse tensor. validate_indices: positions that are not in order or there twice are errors.";

// Sets `positions`, values and shape of a result of `rank` axes.
Status SetResult(ShapeContext& c, Dim rank) {
  if (Known(rank) && rank < 2)
    return InvalidArgument(fmt::format("wants sets along the last of 2 or more axes, not of {}", rank));
  const Dim count = NewSymbol();
  c.set_output(0, PartialShape({count, rank}));
  c.set_output(1, PartialShape({count}));
  c.set_output(2, PartialShape({rank}));
  return {};
}

Dim RankOf(const PartialShape& s) { return s.known_rank() ? s.rank() : kUnknownDim; }

Status MergedRank(ShapeContext& c, Dim a, Dim b) {
  auto rank = MergeDims(a, b);
  if (!rank.ok()) return InvalidArgument(fmt::format("is given sets in tensors of {} and {} axes", a, b));
  return SetResult(c, *rank);
}

Status DenseToDenseShape(ShapeContext& c) {
  const PartialShape &a = c.input(0), &b = c.input(1);
  for (int k = 0; a.rank() == b.rank() && k + 1 < a.rank(); ++k) {
    if (!MergeDims(a[k], b[k]).ok())
      return InvalidArgument(fmt::format("has other sets in {} than in {}", c.Describe(0), c.Describe(1)));
  }
  return MergedRank(c, RankOf(a), RankOf(b));
}

Status DenseToSparseShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 1, 2, 3));
  return MergedRank(c, RankOf(c.input(0)), size.rank);
}

Status SparseToSparseShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize a, SparseSizeOf(c, 0, 1, 2));
  WEIR_ASSIGN_OR_RETURN(SparseSize b, SparseSizeOf(c, 3, 4, 5));
  return MergedRank(c, a.rank, b.rank);
}

Status SetSizeShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  if (Known(size.rank) && size.rank < 2)
    return InvalidArgument(fmt::format("wants sets along the last of 2 or more axes, not of {}", size.rank));
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, c.shape_from_input(2));
  c.set_output(0, sizes.known_rank() ? Subshape(sizes, 0, sizes.rank() - 1) : sizes);
  return {};
}

OpDef& WithResult(OpDef& op) {
  return op.Output("result_indices: int64").Output("result_values: T").Output("result_shape: int64")
      .Attr("set_operation: string").Attr("validate_indices: bool = true").Attr(kTypes)
      .NoGradient(kSets)
      .NoFlops();
}

}  // namespace

void RegisterSparseSetsOps(OpRegistry& r) {
  WithResult(r.Add("DenseToDenseSetOperation").Input("set1: T").Input("set2: T"))
      .Doc(std::string("The sets along the last axis of one tensor and those of another in the same place. ") +
           kOperations)
      .Shape(DenseToDenseShape);
  WithResult(r.Add("DenseToSparseSetOperation")
                 .Input("set1: T").Input("set2_indices: int64").Input("set2_values: T").Input("set2_shape: int64"))
      .Doc(std::string("The sets along the last axis of a tensor and those of a sparse one in the same place. ") +
           kOperations)
      .Shape(DenseToSparseShape);
  WithResult(r.Add("SparseToSparseSetOperation")
                 .Input("set1_indices: int64").Input("set1_values: T").Input("set1_shape: int64")
                 .Input("set2_indices: int64").Input("set2_values: T").Input("set2_shape: int64"))
      .Doc(std::string("The sets along the last axis of a sparse tensor and those of another in the same place. ") +
           kOperations)
      .Shape(SparseToSparseShape);
  r.Add("SetSize")
      .Input("set_indices: int64").Input("set_values: T").Input("set_shape: int64").Output("size: int32")
      .Attr("validate_indices: bool = true").Attr(kTypes)
      .Doc("How many different elements each set along the last axis of a sparse tensor has. validate_indices: "
           "positions that are not in order or there twice are errors.")
      .Shape(SetSizeShape)
      .NoGradient(kSets)
      .NoFlops();
}

// ---- building functions

namespace ops {

SparseParts SetOperation(const std::string& operation, Input a, Input b, const Name& name) {
  OutputList r = MakeAll("DenseToDenseSetOperation", {a, b}, {{"set_operation", operation}}, name);
  return {r[0], r[1], r[2]};
}

SparseParts SetOperation(const std::string& operation, const SparseParts& a, const SparseParts& b, const Name& name) {
  OutputList r = MakeAll("SparseToSparseSetOperation",
                         {a.indices, a.values, a.shape, b.indices, b.values, b.shape}, {{"set_operation", operation}},
                         name);
  return {r[0], r[1], r[2]};
}

}  // namespace ops
}  // namespace weir
