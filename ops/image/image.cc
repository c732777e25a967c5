// Images: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterResizeOps(OpRegistry& r);       // resize.cc
void RegisterCropOps(OpRegistry& r);         // crop.cc
void RegisterSuppressionOps(OpRegistry& r);  // suppression.cc
void RegisterColorOps(OpRegistry& r);        // color.cc
void RegisterBoundingBoxOps(OpRegistry& r);  // bounding_boxes.cc
void RegisterDecodeOps(OpRegistry& r);       // decode.cc
void RegisterEncodeOps(OpRegistry& r);       // encode.cc

void RegisterImageOps(OpRegistry& r) {
  RegisterResizeOps(r);
  RegisterCropOps(r);
  RegisterSuppressionOps(r);
  RegisterColorOps(r);
  RegisterBoundingBoxOps(r);
  RegisterDecodeOps(r);
  RegisterEncodeOps(r);
}

}  // namespace weir
