// What the files of the pooling ops share among themselves: attributes, shape functions.
#pragma once

#include <optional>

#include "weir/graph/base/window.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir::pool {

// How a pooling op is told its window: over what it slides; its sizes and strides by attributes, or by int32 inputs
// `sizes` and the next.
struct Form {
  Spatial spatial = Spatial::k2D;
  int sizes = -1;
};
inline constexpr Form kImages{}, kVolumes{Spatial::k3D};

// Declares the attributes of a pooling op over images, over volumes.
OpDef& AddAttrs(OpDef& op, bool explicit_padding, const char* formats = "data_format: {'NHWC', 'NCHW'} = 'NHWC'");
OpDef& AddVolumeAttrs(OpDef& op);
// The attributes that a gradient op takes over from the node.
AttrMap Attrs(const GradContext& c);

// The node's window; nothing while the inputs that tell it are unknown.
Result<std::optional<SlidingWindow>> WindowOf(const ShapeContext& c, const Form& form);
// The shape of what pooling gives for an input of the window's rank.
Result<PartialShape> PooledShape(const SlidingWindow& w, const PartialShape& input);
// Output 0 is input 0 pooled.
ShapeFn PoolShape(const Form& form);

}  // namespace weir::pool
