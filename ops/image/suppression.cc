// Non-maximum suppression: of boxes that overlap, the one with the highest score.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/image/image_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

constexpr char kJumps[] = "which boxes it keeps jumps where two scores become equal";

// Inputs from `first` on are scalars.
Status ScalarsFrom(const ShapeContext& c, int first) {
  for (int i = first; i < c.num_inputs(); ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  return {};
}

// A count that must not be negative, as a size.
Result<Dim> CountInput(const ShapeContext& c, int i) {
  const auto n = KnownElements(c, i);
  if (!n || n->size() != 1) return kUnknownDim;
  if (n->front() >= 0) return n->front();
  return InvalidArgument(fmt::format("has a {} of {}; it must not be negative", c.InputName(i), n->front()));
}

// Scores, input 1, belong to the boxes, of which there are `n`.
Status CheckScores(const ShapeContext& c, Dim n) {
  WEIR_ASSIGN_OR_RETURN(PartialShape scores, c.WithRank(1, 1));
  if (MergeDims(scores[0], n).ok()) return {};
  return InvalidArgument(fmt::format("has scores {} for {} '{}'", c.Describe(1), c.Describe(0), c.InputName(0)));
}

// Vectors of what is selected; at the end, where there is one, their number.
Status SelectedShape(ShapeContext& c, bool counted) {
  WEIR_RETURN_IF_ERROR(ScalarsFrom(c, 2));
  WEIR_ASSIGN_OR_RETURN(Dim most, CountInput(c, 2));
  const bool padded = counted && c.attr<bool>("pad_to_max_output_size");
  const int vectors = c.num_outputs() - counted;
  for (int i = 0; i < vectors; ++i) c.set_output(i, PartialShape({padded ? most : kUnknownDim}));
  if (counted) c.set_output(vectors, PartialShape({}));
  return {};
}

ShapeFn SuppressionShape(bool counted) {
  return [counted](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(PartialShape boxes, image::BoxesInput(c, 0));
    WEIR_RETURN_IF_ERROR(CheckScores(c, boxes[0]));
    return SelectedShape(c, counted);
  };
}

Status OverlapsShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape overlaps, c.WithRank(0, 2));
  auto n = MergeDims(overlaps[0], overlaps[1]);
  if (!n.ok()) return InvalidArgument(fmt::format("needs a square matrix of overlaps, not {}", c.Describe(0)));
  WEIR_RETURN_IF_ERROR(CheckScores(c, *n));
  return SelectedShape(c, false);
}

// The number of detections an image: at most max_total_size, padded to that, or to what all classes may give.
Result<Dim> DetectionsOf(const ShapeContext& c, Dim classes) {
  WEIR_ASSIGN_OR_RETURN(Dim per_class, CountInput(c, 2));
  WEIR_ASSIGN_OR_RETURN(Dim total, CountInput(c, 3));
  for (int i : {2, 3}) {
    if ((i == 2 ? per_class : total) == 0)
      return InvalidArgument(fmt::format("has a {} of 0; it must be positive", c.InputName(i)));
  }
  if (!c.attr<bool>("pad_per_class")) return total;
  if (!Known(total) || !Known(per_class) || !Known(classes)) return kUnknownDim;
  return std::min(SaturatedProduct({per_class, classes}), total);
}

Status CombinedShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape boxes, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape scores, c.WithRank(1, 3));
  WEIR_RETURN_IF_ERROR(ScalarsFrom(c, 2));
  auto batch = MergeDims(boxes[0], scores[0]), n = MergeDims(boxes[1], scores[1]);
  const bool fits = boxes[2] == 1 || MergeDims(boxes[2], scores[2]).ok() || !Known(boxes[2]);
  if (!batch.ok() || !n.ok() || !fits || !MergeDims(boxes[3], 4).ok()) {
    return InvalidArgument(fmt::format("cannot relate boxes {} and scores {}", c.Describe(0), c.Describe(1)))
        .Detail("boxes are [batch, number, 1 or classes, 4], scores [batch, number, classes]");
  }
  WEIR_ASSIGN_OR_RETURN(Dim detections, DetectionsOf(c, scores[2]));
  c.set_output(0, PartialShape({*batch, detections, 4}));
  c.set_output(1, PartialShape({*batch, detections}));
  c.set_output(2, PartialShape({*batch, detections}));
  c.set_output(3, PartialShape({*batch}));
  return {};
}

OpDef& AddTyped(OpDef& op) {
  return op.Input("boxes: T").Input("scores: T").Input("max_output_size: int32");
}

void AddCombined(OpRegistry& r) {
  r.Add("CombinedNonMaxSuppression")
      .Input("boxes: float").Input("scores: float")
      .Input("max_output_size_per_class: int32").Input("max_total_size: int32")
      .Input("iou_threshold: float").Input("score_threshold: float")
      .Output("nmsed_boxes: float").Output("nmsed_scores: float").Output("nmsed_classes: float")
      .Output("valid_detections: int32")
      .Attr("pad_per_class: bool = false").Attr("clip_boxes: bool = true")
      .Doc(
          "NonMaxSuppressionV3 of each class by itself, of boxes [batch, number, 1 or classes, 4] and scores [batch, "
          "number, classes]; of what is kept the best of all classes, padded with zeros to max_total_size (with "
          "pad_per_class to what all classes may give, if that is less), and how many they are. clip_boxes cuts the "
          "boxes to [0, 1].")
      .Shape(CombinedShape)
      .NoGradient(kJumps, false);
}

}  // namespace

void RegisterSuppressionOps(OpRegistry& r) {
  r.Add("NonMaxSuppression")
      .Input("boxes: float").Input("scores: float").Input("max_output_size: int32")
      .Output("selected_indices: int32")
      .Attr("iou_threshold: float = 0.5")
      .Doc(
          "The numbers of at most max_output_size boxes [y1, x1, y2, x2], from the highest score on, without those "
          "that overlap one before them by more than iou_threshold: the area they share in parts of the area that "
          "they cover together.")
      .Shape(SuppressionShape(false))
      .NoGradient(kJumps);
  AddTyped(r.Add("NonMaxSuppressionV2"))
      .Input("iou_threshold: T_threshold")
      .Output("selected_indices: int32")
      .Attr("T: {half, float} = float").Attr("T_threshold: {half, float} = float")
      .Doc("NonMaxSuppression, with the threshold as an input.")
      .Shape(SuppressionShape(false))
      .NoGradient(kJumps);
  AddTyped(r.Add("NonMaxSuppressionV3"))
      .Input("iou_threshold: T_threshold").Input("score_threshold: T_threshold")
      .Output("selected_indices: int32")
      .Attr("T: {half, float} = float").Attr("T_threshold: {half, float} = float")
      .Doc("NonMaxSuppression of the boxes whose scores are above score_threshold.")
      .Shape(SuppressionShape(false))
      .NoGradient(kJumps);
  AddTyped(r.Add("NonMaxSuppressionV4"))
      .Input("iou_threshold: T_threshold").Input("score_threshold: T_threshold")
      .Output("selected_indices: int32").Output("valid_outputs: int32")
      .Attr("T: {half, float} = float").Attr("T_threshold: {half, float} = float")
      .Attr("pad_to_max_output_size: bool = false")
      .Doc("NonMaxSuppressionV3, and how many boxes it selects; perhaps padded with zeros to max_output_size.")
      .Shape(SuppressionShape(true))
      .NoGradient(kJumps);
  AddTyped(r.Add("NonMaxSuppressionV5"))
      .Input("iou_threshold: T").Input("score_threshold: T").Input("soft_nms_sigma: T")
      .Output("selected_indices: int32").Output("selected_scores: T").Output("valid_outputs: int32")
      .Attr("T: {half, float} = float")
      .Attr("pad_to_max_output_size: bool = false")
      .Doc(
          "NonMaxSuppressionV4, with the selected boxes' scores. Where soft_nms_sigma is above 0, overlapping does not "
          "suppress a box at once: its score is multiplied by exp(-overlap^2 / (2 sigma)) for each box before it.")
      .Shape(SuppressionShape(true))
      .NoGradient(kJumps, false);
  r.Add("NonMaxSuppressionWithOverlaps")
      .Input("overlaps: float").Input("scores: float").Input("max_output_size: int32")
      .Input("overlap_threshold: float").Input("score_threshold: float")
      .Output("selected_indices: int32")
      .Doc("NonMaxSuppressionV3 where a matrix [n, n] tells how much any two of n boxes overlap.")
      .Shape(OverlapsShape)
      .NoGradient(kJumps);
  AddCombined(r);
}

}  // namespace weir
