// Ops that read features out of serialized Examples: ParseExample, ParseExampleV2, ParseSingleExample.
#include <fmt/format.h>

#include "weir/ops/parse/feature_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status SetShapes(ShapeContext& c, const PartialShape& each, const char* number, bool ragged) {
  FeatureShapes shapes(c, each);
  WEIR_RETURN_IF_ERROR(shapes.Sparse("sparse_types", number, 0));
  WEIR_RETURN_IF_ERROR(shapes.Dense("Tdense", "dense_shapes", false));
  return ragged ? shapes.Ragged("ragged_value_types", "ragged_split_types", false, PartialShape({0})) : Status();
}

Status ParseExampleShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape each, c.WithRank(0, 1));
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  const auto keys = c.attr<int64_t>("Nsparse") + c.attr<int64_t>("Ndense");
  for (int i = 2; i < 2 + keys; ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  return SetShapes(c, each, "Nsparse", false);
}

Status ParseExampleV2Shape(ShapeContext& c) {
  const PartialShape& each = c.input(0);
  if (each.known_rank() && each.rank() > 1)
    return InvalidArgument(fmt::format("wants a scalar or vector of messages, not {}", c.Describe(0)));
  WEIR_RETURN_IF_ERROR(CheckKeys(c, 2, "sparse_types"));
  WEIR_RETURN_IF_ERROR(CheckKeys(c, 3, "Tdense"));
  WEIR_RETURN_IF_ERROR(CheckKeys(c, 4, "ragged_value_types"));
  return SetShapes(c, each, "num_sparse", true);
}

Status ParseSingleExampleShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return SetShapes(c, PartialShape::Scalar(), "num_sparse", false);
}

constexpr char kForms[] =
    " A sparse key gives the positions, values and shape of a sparse tensor of all values there are. A dense one gives "
    "a tensor of its shape for each example: as many values, or the default where there are none, which must have "
    "elements for that. If the first size of its shape is unknown, examples may have any number of values, and are "
    "filled up by the default, one element, to the longest.";

}  // namespace

void RegisterParseExampleOps(OpRegistry& r) {
  r.Add("ParseExample")
      .Input("serialized: string").Input("names: string")
      .Input("sparse_keys: Nsparse * string").Input("dense_keys: Ndense * string").Input("dense_defaults: Tdense")
      .Output("sparse_indices: Nsparse * int64").Output("sparse_values: sparse_types")
      .Output("sparse_shapes: Nsparse * int64").Output("dense_values: Tdense")
      .Attr("Nsparse: int >= 0").Attr("Ndense: int >= 0")
      .Attr("sparse_types: list({float, int64, string}) >= 0").Attr("Tdense: list({float, int64, string}) >= 0")
      .Attr("dense_shapes: list(shape) >= 0")
      .Doc(std::string("The features of a vector of serialized Examples, which `names` may name for errors.") + kForms)
      .Shape(ParseExampleShape)
      .NoGradient(kParsed)
      .NoFlops();
  r.Add("ParseExampleV2")
      .Input("serialized: string").Input("names: string")
      .Input("sparse_keys: string").Input("dense_keys: string").Input("ragged_keys: string")
      .Input("dense_defaults: Tdense")
      .Output("sparse_indices: num_sparse * int64").Output("sparse_values: sparse_types")
      .Output("sparse_shapes: num_sparse * int64").Output("dense_values: Tdense")
      .Output("ragged_values: ragged_value_types").Output("ragged_row_splits: ragged_split_types")
      .Attr("Tdense: list({float, int64, string}) >= 0").Attr("num_sparse: int >= 0")
      .Attr("sparse_types: list({float, int64, string}) >= 0")
      .Attr("ragged_value_types: list({float, int64, string}) >= 0")
      .Attr("ragged_split_types: list({int32, int64}) >= 0").Attr("dense_shapes: list(shape) >= 0")
      .Doc(std::string("The features of one serialized Example or a vector of them, which `names` may name for errors.")
           + kForms + " A ragged key gives all values, and where those of each example begin and end.")
      .Shape(ParseExampleV2Shape)
      .NoGradient(kParsed)
      .NoFlops();
  r.Add("ParseSingleExample")
      .Input("serialized: string").Input("dense_defaults: Tdense")
      .Output("sparse_indices: num_sparse * int64").Output("sparse_values: sparse_types")
      .Output("sparse_shapes: num_sparse * int64").Output("dense_values: Tdense")
      .Attr("num_sparse: int >= 0").Attr("sparse_keys: list(string) >= 0").Attr("dense_keys: list(string) >= 0")
      .Attr("sparse_types: list({float, int64, string}) >= 0").Attr("Tdense: list({float, int64, string}) >= 0")
      .Attr("dense_shapes: list(shape) >= 0")
      .Doc(std::string("The features of one serialized Example.") + kForms)
      .Shape(ParseSingleExampleShape)
      .NoGradient(kParsed)
      .NoFlops();
}

}  // namespace weir
