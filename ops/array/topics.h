// The parts of the array family, one file each; ops/array/array.cc calls them all. Not a public header.
#pragma once

#include "weir/graph/op_def.h"

namespace weir {

void RegisterArrayBasicOps(OpRegistry& r);      // values in, values through: Const, Placeholder, Identity, Fill, …
void RegisterArrayShapeOps(OpRegistry& r);      // shapes: Reshape, Shape, Squeeze, BroadcastGradientArgs, …
void RegisterArrayJoinOps(OpRegistry& r);       // Concat, Split, Pack, Unpack
void RegisterArraySliceOps(OpRegistry& r);      // Slice, StridedSlice, StridedSliceGrad
void RegisterArrayPadOps(OpRegistry& r);        // Tile, Pad, MirrorPad, BroadcastTo
void RegisterArrayLayoutOps(OpRegistry& r);     // Transpose, Reverse, SpaceToBatchND, DepthToSpace, MatrixBandPart
void RegisterArrayIndexOps(OpRegistry& r);      // OneHot, Where, Dequantize

}  // namespace weir
