// What the files of the pooling ops share among themselves: attributes, shape functions.
#pragma once

#include "weir/graph/base/window.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir::pool {

// Declares the attributes of a pooling op.
OpDef& AddAttrs(OpDef& op, bool explicit_padding, const char* formats = "data_format: {'NHWC', 'NCHW'} = 'NHWC'");
// The attributes that a gradient op takes over from the node.
AttrMap Attrs(const GradContext& c);

// The shape of what pooling gives for an input of rank 4.
Result<PartialShape> PooledShape(const Window2D& w, const PartialShape& input);
// Output 0 is input 0 pooled.
Status PoolShape(ShapeContext& c);

}  // namespace weir::pool
