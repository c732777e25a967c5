// What shape functions of sliding windows share: convolutions and pools.
#pragma once

#include <string>

#include "weir/graph/base/window.h"
#include "weir/graph/infer.h"

namespace weir {

// How messages name a type with a shape: "f32[?,3]".
std::string TypeText(DType dtype, const PartialShape& shape);

// The shape of what slides `w` over `input` [by w's layout] with `out_channels`. The windows' sizes must be set.
Result<PartialShape> SlideShape(const SlidingWindow& w, const PartialShape& input, Dim out_channels);
// Sets the windows' sizes from a filter [(depth,) height, width, …]; where they are unknown and matter, the outputs
// become unknown.
void SetFilterWindow(const PartialShape& filter, SlidingWindow* w);

// Multiplications and additions of a convolution: two for each element of the output, tap and input channel of its
// group.
int64_t ConvFlops(const ShapeContext& c, int64_t group_channels);

// Checks input `i`, the gradient by an output, against the shape that output has; error names both.
Status CheckBackprop(const ShapeContext& c, int i, const PartialShape& want);

}  // namespace weir
