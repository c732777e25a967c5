// Rows of the ops that suppress boxes which overlap better ones.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SuppressionRows() {
  const std::vector<float> corners = {0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, 0.9f, 1, -0.1f, 0, 10, 1, 11, 0, 100, 1, 101};
  const In boxes = Elements({5, 4}, std::vector<double>(corners.begin(), corners.end()));
  const In float_boxes = Floats({5, 4}, corners), float_scores = Floats({5}, {0.9f, 0.75f, 0.6f, 0.95f, 0.3f});
  const In scores = Elements({5}, {0.9, 0.75, 0.6, 0.95, 0.3});
  const In overlaps = Floats({3, 3}, {1, 0.6f, 0.1f, 0.6f, 1, 0.3f, 0.1f, 0.3f, 1});
  const In classes = Floats({1, 5, 2}, {0.9f, 0.1f, 0.75f, 0.8f, 0.6f, 0.35f, 0.95f, 0.2f, 0.3f, 0.7f});
  const In boxes_of_all = Floats({1, 5, 1, 4}, corners);
  const AttrMap padded{{"pad_to_max_output_size", true}};
  return {
      DataTellsShape({"NonMaxSuppression", {float_boxes, float_scores, Int(3)}}),
      DataTellsShape({"NonMaxSuppression", {Floats({0, 4}, {}), Floats({0}, {}), Int(3)}}),
      DataTellsShape({"NonMaxSuppressionV2", {boxes, scores, Int(3), Float(0.4f)}}),
      DataTellsShape({"NonMaxSuppressionV3", {boxes, scores, Int(3), Float(0.4f), Float(0.4f)}}),
      DataTellsShape({"NonMaxSuppressionV4", {boxes, scores, Int(3), Float(0.4f), Float(0.4f)}}),
      {"NonMaxSuppressionV4", {boxes, scores, Int(4), Float(0.4f), Float(0.4f)}, padded},
      DataTellsShape({"NonMaxSuppressionV5",
                      {boxes, scores, Int(4), Elements({}, {0.5}), Elements({}, {0.2}), Elements({}, {0.5})}}),
      {"NonMaxSuppressionV5",
       {boxes, scores, Int(4), Elements({}, {0.5}), Elements({}, {0.2}), Elements({}, {0})},
       padded},
      DataTellsShape({"NonMaxSuppressionWithOverlaps",
                      {overlaps, Floats({3}, {0.5f, 0.9f, 0.7f}), Int(3), Float(0.5f), Float(0.1f)}}),
      DataTellsShape({"NonMaxSuppressionWithOverlaps",
                      {Floats({0, 0}, {}), Floats({0}, {}), Int(3), Float(0.5f), Float(0.1f)}}),
      {"CombinedNonMaxSuppression", {boxes_of_all, classes, Int(2), Int(3), Float(0.4f), Float(0.25f)}},
      {"CombinedNonMaxSuppression",
       {boxes_of_all, classes, Int(3), Int(9), Float(0.4f), Float(0.25f)},
       {{"pad_per_class", true}, {"clip_boxes", false}}},
      {"CombinedNonMaxSuppression",
       {Floats({0, 5, 1, 4}, {}), Floats({0, 5, 2}, {}), Int(2), Int(3), Float(0.4f), Float(0.25f)}},
  };
}

}  // namespace weir::testing
