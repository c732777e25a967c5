// Element-wise ops of a sparse tensor and a dense one: SparseTensorDenseAdd, SparseDenseCwiseMul, …Div, …Add.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/registry.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

constexpr char kNumbers[] = "T: numbertype";

Status SparseTensorDenseAddShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  const PartialShape& b = c.input(3);
  WEIR_ASSIGN_OR_RETURN(PartialShape a, c.shape_from_input(2));
  if (!a.known_rank() && Known(size.rank)) a = PartialShape::UnknownOfRank(static_cast<int>(size.rank));
  auto both = MergeShapes(a, b);
  if (!both.ok()) {
    return InvalidArgument(fmt::format("cannot add a sparse tensor of shape {} to {}", a.ToString(), c.Describe(3)))
        .Detail(both.status().message());
  }
  c.set_output(0, *std::move(both));
  return {};
}

Status SparseTensorDenseAddGrad(GradContext& c) {
  c.set(1, Make("GatherNd", {c.grad(), c.input(0)}));
  c.set(3, c.grad());
  return {};
}

Status SparseDenseCwiseShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  const PartialShape& dense = c.input(3);
  if (dense.known_rank() && Known(size.rank) && dense.rank() > size.rank)
    return InvalidArgument(fmt::format("cannot broadcast {} to the {} axes of the other", c.Describe(3), size.rank));
  c.set_output(0, PartialShape({size.count}));
  return {};
}

// Where the dense tensor has what meets the elements: along an axis of size 1 there is but one place.
Output DensePositions(GradContext& c, const Output& sizes) {
  Output indices = c.input(0);
  Output more = Make("Sub", {Make("Size", {c.input(2)}), Make("Size", {sizes})});
  Output shared = Make("Slice", {indices, Make("Pack", {0, more}, {{"N", 2}}), {-1, -1}});
  return Make("Minimum", {shared, Make("Sub", {sizes, int64_t{1}})});
}

struct DenseSide {
  Output positions, sizes;

  explicit DenseSide(GradContext& c)
      : sizes(Make("Shape", {c.input(3)}, {{"out_type", kInt64}})) { positions = DensePositions(c, sizes); }
  Output Elements(GradContext& c) const { return Make("GatherNd", {c.input(3), positions}); }
  // What comes to the elements, put where the dense tensor met them.
  Output Sums(const Output& by_elements) const { return Make("ScatterNd", {positions, by_elements, sizes}); }
};

Status SparseDenseCwiseMulGrad(GradContext& c) {
  const DenseSide dense(c);
  if (c.wants(1)) c.set(1, Make("Mul", {c.grad(), dense.Elements(c)}));
  if (c.wants(3)) c.set(3, dense.Sums(Make("Mul", {c.grad(), c.input(1)})));
  return {};
}

Status SparseDenseCwiseDivGrad(GradContext& c) {
  const DenseSide dense(c);
  Output shares = Make("RealDiv", {c.grad(), dense.Elements(c)});
  c.set(1, shares);
  if (c.wants(3)) c.set(3, dense.Sums(Make("Neg", {Make("Mul", {shares, c.output(0)})})));
  return {};
}

Status SparseDenseCwiseAddGrad(GradContext& c) {
  c.set(1, c.grad());
  if (c.wants(3)) c.set(3, DenseSide(c).Sums(c.grad()));
  return {};
}

}  // namespace

void RegisterSparseDenseOps(OpRegistry& r) {
  r.Add("SparseTensorDenseAdd")
      .Input("a_indices: Tindices").Input("a_values: T").Input("a_shape: Tindices").Input("b: T").Output("output: T")
      .Attr(kNumbers).Attr("Tindices: {int32, int64}")
      .Doc("The dense tensor b with the elements of the sparse tensor a, of the same shape, added where they are.")
      .Shape(SparseTensorDenseAddShape)
      .Gradient(SparseTensorDenseAddGrad)
      .Flops([](const ShapeContext& c) { return ElementsOrOne(c.input(1)); });
  struct Kind {
    const char *name, *what, *note;
    Status (*grad)(GradContext& c);
  };
  for (const Kind& kind : {Kind{"Mul", "times", "", SparseDenseCwiseMulGrad},
                           Kind{"Div", "divided by", "; an error where that is 0", SparseDenseCwiseDivGrad},
                           Kind{"Add", "plus", "", SparseDenseCwiseAddGrad}}) {
    OpDef& op = r.Add(std::string("SparseDenseCwise") + kind.name);
    op.Input("sp_indices: int64").Input("sp_values: T").Input("sp_shape: int64").Input("dense: T")
        .Output("output: T").Attr(kNumbers)
        .Doc(fmt::format("The values of a sparse tensor {} what the dense one, broadcast to its shape, has where they "
                         "are{}.", kind.what, kind.note))
        .Shape(SparseDenseCwiseShape)
        .Gradient(kind.grad);
    if (kind.grad == SparseDenseCwiseDivGrad) op.HasPoles();
  }
}

}  // namespace weir
