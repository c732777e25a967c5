// The rows of the image family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ResizeRows();       // resize_test.cc
std::vector<OpRow> CropRows();         // crop_test.cc
std::vector<OpRow> SuppressionRows();  // suppression_test.cc
std::vector<OpRow> ColorRows();        // color_test.cc
std::vector<OpRow> BoundingBoxRows();  // bounding_boxes_test.cc
std::vector<OpRow> DecodeRows();       // decode_test.cc
std::vector<OpRow> EncodeRows();       // encode_test.cc

std::vector<OpRow> ImageRows() {
  return Joined({ResizeRows(), CropRows(), SuppressionRows(), ColorRows(), BoundingBoxRows(), DecodeRows(),
                 EncodeRows()});
}

}  // namespace weir::testing
