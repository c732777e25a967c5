// Array ops: making, reshaping, joining, slicing and reordering tensors. One file a topic. Two files declare no op:
// indexing.cc (subscripts, x[…]) and mask.cc (building functions made of other families' ops).
#include "weir/ops/registry.h"

namespace weir {

void RegisterArrayBasicOps(OpRegistry& r);       // basic.cc: values in, values through: Const, Placeholder, Identity …
void RegisterArrayShapeOps(OpRegistry& r);       // shape.cc: Reshape, Shape, Squeeze, BroadcastGradientArgs …
void RegisterArrayJoinOps(OpRegistry& r);        // join.cc: Concat, Split, Pack, Unpack
void RegisterArraySliceOps(OpRegistry& r);       // slice.cc: Slice, StridedSlice, StridedSliceGrad
void RegisterArrayPadOps(OpRegistry& r);         // pad.cc: Tile, Pad, MirrorPad, BroadcastTo
void RegisterArrayLayoutOps(OpRegistry& r);      // layout.cc: Transpose, Reverse, SpaceToBatchND …
void RegisterArrayPositionsOps(OpRegistry& r);       // positions.cc: OneHot, Where
void RegisterArrayRollOps(OpRegistry& r);        // roll.cc
void RegisterArrayBitcastOps(OpRegistry& r);     // bitcast.cc
void RegisterArrayDequantizeOps(OpRegistry& r);  // dequantize.cc

void RegisterArrayOps(OpRegistry& r) {
  RegisterArrayBasicOps(r);
  RegisterArrayShapeOps(r);
  RegisterArrayJoinOps(r);
  RegisterArraySliceOps(r);
  RegisterArrayPadOps(r);
  RegisterArrayLayoutOps(r);
  RegisterArrayPositionsOps(r);
  RegisterArrayRollOps(r);
  RegisterArrayBitcastOps(r);
  RegisterArrayDequantizeOps(r);
}

}  // namespace weir
