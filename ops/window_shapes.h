// The parts of the convolution family, registered by RegisterConvOps, and what their shape functions share.
#pragma once

#include "weir/graph/base/window.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {

void RegisterDepthwiseConvOps(OpRegistry& r);  // conv_depthwise.cc
void RegisterPoolOps(OpRegistry& r);           // pool.cc
void RegisterNormOps(OpRegistry& r);           // norm.cc

// How messages name a type with a shape: "f32[?,3]".
std::string TypeText(DType dtype, const PartialShape& shape);

// The shape of what slides `w` over `input` [by w's layout] with `out_channels`. The windows' sizes must be set.
Result<PartialShape> SlideShape(const Window2D& w, const PartialShape& input, Dim out_channels);
// Sets the windows' sizes from a filter [height, width, …]; where they are unknown and matter, the outputs become unknown.
void SetFilterWindow(const PartialShape& filter, Window2D* w);

// Checks input `i`, the gradient by an output, against the shape that output has; error names both.
Status CheckBackprop(const ShapeContext& c, int i, const PartialShape& want);

}  // namespace weir
