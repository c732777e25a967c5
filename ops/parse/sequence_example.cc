// Ops that read features out of serialized SequenceExamples: ParseSequenceExample, ParseSequenceExampleV2,
// ParseSingleSequenceExample. What they have of the context is what ops/parse/example.cc has of Examples; feature lists
// have an axis more, for their elements.
#include <fmt/format.h>

#include "weir/ops/parse/feature_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// The outputs' shapes, in their order. `lengths`: dense lists tell how long they are.
Status SetShapes(ShapeContext& c, const PartialShape& each, bool ragged, bool lengths) {
  FeatureShapes shapes(c, each);
  WEIR_RETURN_IF_ERROR(shapes.Sparse("context_sparse_types", "Ncontext_sparse", 0));
  WEIR_RETURN_IF_ERROR(shapes.Dense("Tcontext_dense", "context_dense_shapes", false));
  const PartialShape single = PartialShape::Scalar();
  if (ragged) {
    WEIR_RETURN_IF_ERROR(shapes.Ragged("context_ragged_value_types", "context_ragged_split_types", false, single));
  }
  WEIR_RETURN_IF_ERROR(shapes.Sparse("feature_list_sparse_types", "Nfeature_list_sparse", 1));
  WEIR_RETURN_IF_ERROR(shapes.Dense("feature_list_dense_types", "feature_list_dense_shapes", true));
  if (lengths) shapes.Lengths("feature_list_dense_types");
  if (!ragged) return {};
  return shapes.Ragged("feature_list_ragged_value_types", "feature_list_ragged_split_types", true, single);
}

Status RequireMessages(const ShapeContext& c) {
  const PartialShape& each = c.input(0);
  if (!each.known_rank() || each.rank() <= 1) return {};
  return InvalidArgument(fmt::format("wants a scalar or vector of messages, not {}", c.Describe(0)));
}

Status ParseSequenceExampleShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireMessages(c));
  return SetShapes(c, c.input(0), false, true);
}

Status ParseSequenceExampleV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireMessages(c));
  constexpr const char* kTypes[] = {"context_sparse_types",       "Tcontext_dense",
                                    "context_ragged_value_types", "feature_list_sparse_types",
                                    "feature_list_dense_types",   "feature_list_ragged_value_types",
                                    "feature_list_dense_types"};
  for (int i = 0; i < 7; ++i) WEIR_RETURN_IF_ERROR(CheckKeys(c, i + 2, kTypes[i]));
  return SetShapes(c, c.input(0), true, true);
}

Status ParseSingleSequenceExampleShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  int i = 2;
  for (const char* number : {"Ncontext_sparse", "Ncontext_dense", "Nfeature_list_sparse", "Nfeature_list_dense"}) {
    for (int64_t k = 0; k < c.attr<int64_t>(number); ++k) WEIR_RETURN_IF_ERROR(RequireScalar(c, i++));
  }
  WEIR_RETURN_IF_ERROR(RequireScalar(c, c.num_inputs() - 1));
  return SetShapes(c, PartialShape::Scalar(), false, false);
}

constexpr char kForms[] =
    " Sparse keys give positions, values and shapes of sparse tensors, those of feature lists with an axis for the "
    "lists' elements. Dense keys give tensors of their shapes, those of feature lists filled up with zeros to the "
    "longest list; a feature of the context that is missing is its default, which must have elements for that, a list "
    "that is missing an error unless feature_list_dense_missing_assumed_empty has it.";

// The attributes that all three ops have.
OpDef& WithNumbers(OpDef& op) {
  return op.Attr("Ncontext_sparse: int >= 0 = 0").Attr("Nfeature_list_sparse: int >= 0 = 0")
      .Attr("Nfeature_list_dense: int >= 0 = 0")
      .Attr("context_sparse_types: list({float, int64, string}) >= 0 = []")
      .Attr("Tcontext_dense: list({float, int64, string}) >= 0 = []")
      .Attr("feature_list_dense_types: list({float, int64, string}) >= 0 = []")
      .Attr("context_dense_shapes: list(shape) >= 0 = []")
      .Attr("feature_list_sparse_types: list({float, int64, string}) >= 0 = []")
      .Attr("feature_list_dense_shapes: list(shape) >= 0 = []");
}

OpDef& WithContext(OpDef& op) {
  return op.Output("context_sparse_indices: Ncontext_sparse * int64")
      .Output("context_sparse_values: context_sparse_types")
      .Output("context_sparse_shapes: Ncontext_sparse * int64")
      .Output("context_dense_values: Tcontext_dense");
}

OpDef& WithLists(OpDef& op) {
  return op.Output("feature_list_sparse_indices: Nfeature_list_sparse * int64")
      .Output("feature_list_sparse_values: feature_list_sparse_types")
      .Output("feature_list_sparse_shapes: Nfeature_list_sparse * int64")
      .Output("feature_list_dense_values: feature_list_dense_types");
}

void AddSequence(OpRegistry& r) {
  OpDef& op = r.Add("ParseSequenceExample");
  op.Input("serialized: string").Input("debug_name: string").Input("context_dense_defaults: Tcontext_dense");
  WithLists(WithContext(op)).Output("feature_list_dense_lengths: Nfeature_list_dense * int64");
  op.Attr("feature_list_dense_missing_assumed_empty: list(string) >= 0").Attr("context_sparse_keys: list(string) >= 0")
      .Attr("context_dense_keys: list(string) >= 0").Attr("feature_list_sparse_keys: list(string) >= 0")
      .Attr("feature_list_dense_keys: list(string) >= 0").Attr("Ncontext_dense: int >= 0 = 0");
  WithNumbers(op)
      .Doc(std::string("The features of one serialized SequenceExample or a vector of them, which debug_name may name "
                       "for errors.") + kForms)
      .Shape(ParseSequenceExampleShape)
      .NoGradient(kParsed)
      .NoFlops();
}

void AddSequenceV2(OpRegistry& r) {
  OpDef& op = r.Add("ParseSequenceExampleV2");
  op.Input("serialized: string").Input("debug_name: string").Input("context_sparse_keys: string")
      .Input("context_dense_keys: string").Input("context_ragged_keys: string")
      .Input("feature_list_sparse_keys: string").Input("feature_list_dense_keys: string")
      .Input("feature_list_ragged_keys: string").Input("feature_list_dense_missing_assumed_empty: bool")
      .Input("context_dense_defaults: Tcontext_dense");
  WithContext(op).Output("context_ragged_values: context_ragged_value_types")
      .Output("context_ragged_row_splits: context_ragged_split_types");
  WithLists(op).Output("feature_list_dense_lengths: Nfeature_list_dense * int64")
      .Output("feature_list_ragged_values: feature_list_ragged_value_types")
      .Output("feature_list_ragged_outer_splits: feature_list_ragged_split_types")
      .Output("feature_list_ragged_inner_splits: feature_list_ragged_split_types");
  WithNumbers(op).Attr("context_ragged_value_types: list({float, int64, string}) >= 0 = []")
      .Attr("context_ragged_split_types: list({int32, int64}) >= 0 = []")
      .Attr("feature_list_ragged_value_types: list({float, int64, string}) >= 0 = []")
      .Attr("feature_list_ragged_split_types: list({int32, int64}) >= 0 = []")
      .Doc(std::string("The features of one serialized SequenceExample or a vector of them, which debug_name may name "
                       "for errors.") + kForms +
           " Ragged keys give all values, where those of each feature end (inner splits, of lists) and where those of "
           "each example do (row splits, outer splits; of one example a number).")
      .Shape(ParseSequenceExampleV2Shape)
      .NoGradient(kParsed)
      .NoFlops();
}

void AddSingleSequence(OpRegistry& r) {
  OpDef& op = r.Add("ParseSingleSequenceExample");
  op.Input("serialized: string").Input("feature_list_dense_missing_assumed_empty: string")
      .Input("context_sparse_keys: Ncontext_sparse * string").Input("context_dense_keys: Ncontext_dense * string")
      .Input("feature_list_sparse_keys: Nfeature_list_sparse * string")
      .Input("feature_list_dense_keys: Nfeature_list_dense * string")
      .Input("context_dense_defaults: Tcontext_dense").Input("debug_name: string");
  WithNumbers(WithLists(WithContext(op))).Attr("Ncontext_dense: int >= 0 = 0")
      .Doc(std::string("The features of one serialized SequenceExample, which debug_name may name for errors.") +
           kForms)
      .Shape(ParseSingleSequenceExampleShape)
      .NoGradient(kParsed)
      .NoFlops();
}

}  // namespace

void RegisterParseSequenceOps(OpRegistry& r) {
  AddSequence(r);
  AddSequenceV2(r);
  AddSingleSequence(r);
}

}  // namespace weir
