// Ops that read slices along one axis: Gather, GatherV2. Their gradient along axis 0 stays IndexedSlices; along other
// axes it is a segment sum over the flattened batch.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/gather/indices.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// The elements of vector `params` at scalar or vector `indices`.
std::optional<Dims> GatheredElements(const ShapeContext& c) {
  if (c.input(0).rank() != 1) return std::nullopt;
  auto from = SizeElements(c, 0);
  auto at = KnownElements(c, 1);
  if (!from || !at) return std::nullopt;
  Dims out;
  for (int64_t i : *at) {
    if (i < 0 || i >= static_cast<int64_t>(from->size())) return std::nullopt;
    out.push_back((*from)[static_cast<size_t>(i)]);
  }
  return out;
}

Status GatherShapeAlong(ShapeContext& c, std::optional<int64_t> axis_given, int64_t batch_given) {
  const PartialShape &params = c.input(0), &indices = c.input(1);
  if (params.known_rank() && params.rank() == 0) return InvalidArgument("cannot gather from a scalar");
  if (!indices.known_rank()) return {};
  if (batch_given < -indices.rank() || batch_given > indices.rank()) {
    return InvalidArgument(fmt::format("has batch_dims {} for indices {}", batch_given, c.Describe(1)));
  }
  int batch = static_cast<int>(batch_given < 0 ? batch_given + indices.rank() : batch_given);
  if (!params.known_rank()) return {};
  if (!axis_given) {
    c.set_output(0, PartialShape::UnknownOfRank(params.rank() - 1 + indices.rank() - batch));
    return {};
  }
  WEIR_ASSIGN_OR_RETURN(int axis, AxisWithin(*axis_given, params.rank()));
  if (batch > axis) return InvalidArgument(fmt::format("has batch_dims {}, past axis {}", batch, axis));
  PartialShape out = Subshape(params, 0, axis);
  for (int i = 0; i < batch; ++i) {
    auto d = MergeDims(params[i], indices[i]);
    if (!d.ok()) {
      return InvalidArgument(fmt::format("cannot gather from {} by indices {}", c.Describe(0), c.Describe(1)))
          .Detail(fmt::format("batch axis {} differs", i));
    }
    out[i] = *d;
  }
  out = Concatenate(out, Subshape(indices, batch, indices.rank()));
  c.set_output(0, Concatenate(out, Subshape(params, axis + 1, params.rank())));
  if (batch == 0) PropagateValue(c, 0, GatheredElements(c));
  return {};
}

Status GatherShape(ShapeContext& c) { return GatherShapeAlong(c, 0, 0); }

Status GatherV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  return GatherShapeAlong(c, c.scalar(2), c.attr<int64_t>("batch_dims"));
}

// ---- gradients

// A vector holding the scalar `x`.
Output Vector1(Output x) { return Make("Reshape", {x, Input({1})}); }

// Entries [begin, begin + size) of a shape vector; size null means up to the end.
Output Part(Output shape, Output begin, Output size) {
  return Make("Slice", {shape, Vector1(begin), size.valid() ? Input(Vector1(size)) : Input({-1})});
}

Output ProdOf(Output sizes) { return Make("Prod", {sizes, Input{0}}); }

Grad GatherSlices(GradContext& c) {
  Output shape = Make("Shape", {c.input(0)});
  Output tail = Make("Slice", {shape, Input({1}), Input({-1})});
  Output count = Vector1(Make("Size", {c.input(1)}));
  Output values = Make("Reshape", {c.grad(), Make("ConcatV2", {count, tail, 0})});
  return IndexedSlices{values, Make("Reshape", {AsIndex(c.input(1)), count}), shape};
}

// Params are seen as [batch, outer, size, inner], indices as [batch, n], the gradient as [batch, outer, n, inner].
Output GatherGradAlong(GradContext& c, int64_t batch_dims) {
  Builder& b = c.builder();
  Output params = c.input(0), indices = AsIndex(c.input(1)), axis = c.input(2);
  if (axis.dtype() != kInt32) axis = Make("Cast", {axis}, {{"DstT", kInt32}});
  Output shape = Make("Shape", {params});
  axis = Make("FloorMod", {axis, Make("Rank", {params})});
  Output batch_count = b.Constant(Tensor(static_cast<int32_t>(batch_dims)));
  if (batch_dims < 0) batch_count = Make("Add", {batch_count, Make("Rank", {indices})});
  Output zero = b.Constant(Tensor(int32_t{0})), one = b.Constant(Tensor(int32_t{1}));
  Output batch = ProdOf(Part(shape, zero, batch_count));
  Output outer = ProdOf(Part(shape, batch_count, Make("Sub", {axis, batch_count})));
  Output size = ProdOf(Part(shape, axis, one));
  Output inner = ProdOf(Part(shape, Make("Add", {axis, one}), Output()));
  Output n = ProdOf(Part(Make("Shape", {indices}), batch_count, Output()));

  Output grad = Make("Reshape", {c.grad(), Make("Pack", {batch, outer, n, inner})});
  Output rows = Make("Reshape", {Make("Transpose", {grad, Input({0, 2, 1, 3})}),
                                 Make("Pack", {Make("Mul", {batch, n}), outer, inner})});
  Output starts = Make("Mul", {Make("Range", {zero, batch, one}), size});
  if (indices.dtype() != kInt32) starts = Make("Cast", {starts}, {{"DstT", indices.dtype()}});
  Output flat = Make("Add", {Make("Reshape", {indices, Make("Pack", {batch, n})}), Make("ExpandDims", {starts, 1})});
  flat = Make("Reshape", {flat, Vector1(Make("Mul", {batch, n}))});
  Output sum = Make("UnsortedSegmentSum", {rows, flat, Make("Mul", {batch, size})});
  Output by_outer =
      Make("Transpose", {Make("Reshape", {sum, Make("Pack", {batch, size, outer, inner})}), Input({0, 2, 1, 3})});
  return Make("Reshape", {by_outer, shape});
}

Status GatherGrad(GradContext& c) {
  c.set(0, GatherSlices(c));
  return {};
}

Status GatherV2Grad(GradContext& c) {
  int64_t batch_dims = c.attr<int64_t>("batch_dims");
  auto axis = ConstantInt(c.builder().graph(), c.node().input(2));
  if (batch_dims < 0 && c.input(1).shape().known_rank()) batch_dims += c.input(1).shape().rank();
  bool first_axis = axis && (*axis == 0 || -*axis == c.input(0).shape().rank());
  if (first_axis && batch_dims == 0) {
    c.set(0, GatherSlices(c));
  } else {
    c.set(0, GatherGradAlong(c, batch_dims));
  }
  return {};
}

}  // namespace

void RegisterGatherAlongAxisOps(OpRegistry& r) {
  r.Add("Gather")
      .Input("params: Tparams").Input("indices: Tindices").Output("output: Tparams")
      .Attr("validate_indices: bool = true").Attr("Tparams: type").Attr("Tindices: {int32, int64}")
      .Doc("The slices of `params` along axis 0 at `indices`. An older form of GatherV2. An index outside is an error.")
      .Shape(GatherShape).NoFlops()
      .Gradient(GatherGrad);
  r.Add("GatherV2")
      .Input("params: Tparams").Input("indices: Tindices").Input("axis: Taxis").Output("output: Tparams")
      .Attr("batch_dims: int = 0").Attr("Tparams: type").Attr("Tindices: {int16, int32, int64}")
      .Attr("Taxis: {int32, int64}")
      .Doc("The slices of `params` along `axis` at `indices`: params.shape[:axis] + indices.shape[batch_dims:] + "
           "params.shape[axis+1:]. The first `batch_dims` axes of both belong together. An index outside is an error.")
      .Shape(GatherV2Shape).NoFlops()
      .Gradient(GatherV2Grad);
}

}  // namespace weir
