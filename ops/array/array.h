// Building functions of the array ops: making, reshaping, joining, slicing and reordering tensors.
//
// Axes may count from the end (-1 is the last) unless said otherwise. Shapes, axes and sizes are integer tensors (int32
// or int64) or literals. Any dtype goes unless said otherwise. Mistakes become the builder's error.
#pragma once

#include <optional>

#include "weir/ops/array/indexing.h"

namespace weir::ops {

// ---- sources
// A constant: a nested literal, or a Tensor. The dtype follows from its look (int32, float, bool, string) unless given.
Output Constant(At g, Literal value, DType dtype = DType::kInvalid, const Name& name = {});
// A tensor to be fed; unknown axes are None; `{}` is a scalar, no shape an unknown one.
inline Output Placeholder(At g, DType dtype, PartialShape shape = PartialShape::Unknown(), const Name& name = {}) {
  return g.builder->Add("Placeholder", {}, {{"dtype", dtype}, {"shape", std::move(shape)}}, name, g.loc);
}
inline Output PlaceholderV2(At g, DType dtype, PartialShape shape, const Name& name = {}) {
  return g.builder->Add("PlaceholderV2", {}, {{"dtype", dtype}, {"shape", std::move(shape)}}, name, g.loc);
}
// `input` unless another tensor of that shape is fed in its place.
inline Output PlaceholderWithDefault(Input input, PartialShape shape, const Name& name = {}) {
  return Make("PlaceholderWithDefault", {input}, {{"shape", std::move(shape)}}, name);
}
// A tensor of shape `dims` with `value` (a scalar) everywhere.
inline Output Fill(At g, Input dims, Input value, const Name& name = {}) {
  return g.builder->Add("Fill", {dims, value}, {}, name, g.loc);
}
Output Zeros(At g, Input shape, DType dtype = kFloat, const Name& name = {});
Output Ones(At g, Input shape, DType dtype = kFloat, const Name& name = {});
inline Output ZerosLike(Input x, const Name& name = {}) { return Make("ZerosLike", {x}, {}, name); }
inline Output OnesLike(Input x, const Name& name = {}) { return Make("OnesLike", {x}, {}, name); }

// ---- handing through
inline Output Identity(Input input, const Name& name = {}) { return Make("Identity", {input}, {}, name); }
inline OutputList IdentityN(InputList inputs, const Name& name = {}) {
  const auto count = static_cast<int64_t>(inputs.size());
  return MakeAll("IdentityN", std::move(inputs), {}, name, count);
}
// The input; an error when it is not of this shape, whose sizes may be unknown.
inline Output EnsureShape(Input input, PartialShape shape, const Name& name = {}) {
  return Make("EnsureShape", {input}, {{"shape", std::move(shape)}}, name);
}
inline Output Snapshot(Input input, const Name& name = {}) { return Make("Snapshot", {input}, {}, name); }
// A constant for differentiation.
inline Output StopGradient(Input input, const Name& name = {}) { return Make("StopGradient", {input}, {}, name); }
// Differentiating through it is an error that shows `message`.
inline Output PreventGradient(Input input, const std::string& message = "", const Name& name = {}) {
  return Make("PreventGradient", {input}, {{"message", message}}, name);
}
// An error that shows `message` when an element is NaN or infinite. Float dtypes.
inline Output CheckNumerics(Input tensor, const std::string& message, const Name& name = {}) {
  return Make("CheckNumerics", {tensor}, {{"message", message}}, name);
}

// ---- shapes
// The same elements in another shape, of which one size may be -1: as many as are left.
inline Output Reshape(Input tensor, Input shape, const Name& name = {}) {
  return Make("Reshape", {tensor, shape}, {}, name);
}
inline Output ShapeOf(Input input, DType out_type = kInt32, const Name& name = {}) {
  return Make("Shape", {input}, {{"out_type", out_type}}, name);
}
inline OutputList ShapeN(InputList input, DType out_type = kInt32, const Name& name = {}) {
  const auto count = static_cast<int64_t>(input.size());
  return MakeAll("ShapeN", std::move(input), {{"out_type", out_type}}, name, count);
}
inline Output Rank(Input input, const Name& name = {}) { return Make("Rank", {input}, {}, name); }
inline Output Size(Input input, DType out_type = kInt32, const Name& name = {}) {
  return Make("Size", {input}, {{"out_type", out_type}}, name);
}
// A new axis of size 1 before `axis` of the result.
inline Output ExpandDims(Input input, Input axis, const Name& name = {}) {
  return Make("ExpandDims", {input, axis}, {}, name);
}
// Without these axes of size 1; without all of them when none is named.
inline Output Squeeze(Input input, std::vector<int64_t> axis = {}, const Name& name = {}) {
  return Make("Squeeze", {input}, {{"squeeze_dims", std::move(axis)}}, name);
}
// The shape that two shapes broadcast to (tf.broadcast_dynamic_shape).
inline Output BroadcastArgs(Input s0, Input s1, const Name& name = {}) {
  return Make("BroadcastArgs", {s0, s1}, {}, name);
}
// For both shapes the axes along which broadcasting repeats them.
inline OutputList BroadcastGradientArgs(Input s0, Input s1, const Name& name = {}) {
  return MakeAll("BroadcastGradientArgs", {s0, s1}, {}, name, 2);
}
// Where each of the tensors of these shapes begins in their concatenation.
OutputList ConcatOffset(Input axis, InputList shapes, const Name& name = {});
// y[x[i]] = i
inline Output InvertPermutation(Input x, const Name& name = {}) { return Make("InvertPermutation", {x}, {}, name); }

// ---- joining and cutting
// Tensors one after another along `axis`; their other axes are equal.
Output Concat(InputList values, Input axis, const Name& name = {});
// `num` equal parts along `axis`, or parts of the given sizes, of which one may be -1.
OutputList Split(Input value, int64_t num, Input axis = 0, const Name& name = {});
OutputList Split(Input value, std::vector<int64_t> sizes, Input axis = 0, const Name& name = {});
// Tensors of one shape along a new axis.
inline Output Stack(InputList values, int64_t axis = 0, const Name& name = {}) {
  return Make("Pack", std::move(values), {{"axis", axis}}, name);
}
// The slices along `axis`; `num` may be left out when the shape tells.
OutputList Unstack(Input value, std::optional<int64_t> num = {}, int64_t axis = 0, const Name& name = {});

// ---- slicing; x[…] is in indexing.h
// The box from `begin` on with `size` elements an axis; -1 means up to the end.
inline Output Slice(Input input, Input begin, Input size, const Name& name = {}) {
  return Make("Slice", {input, begin, size}, {}, name);
}
// Bit i of a mask: entry i is open (begin, end), is `...` (ellipsis), inserts an axis (new_axis), is an index
// (shrink_axis).
struct StridedSliceOptions {
  int64_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_axis_mask = 0;
  std::string name = {};
};
// input[begin:end:strides, …]; strides of an invalid Input are ones.
Output StridedSlice(Input input, Input begin, Input end, Input strides, const StridedSliceOptions& o = {});
Output StridedSliceGrad(Input shape, Input begin, Input end, Input strides, Input dy,
                        const StridedSliceOptions& o = {});

// ---- repeating and surrounding
inline Output Tile(Input input, Input multiples, const Name& name = {}) {
  return Make("Tile", {input, multiples}, {}, name);
}
inline Output BroadcastTo(Input input, Input shape, const Name& name = {}) {
  return Make("BroadcastTo", {input, shape}, {}, name);
}
struct PadOptions {
  std::string mode = "CONSTANT";  // or REFLECT, SYMMETRIC
  Input constant_values = 0;
  std::string name = {};
};
// `paddings` is [rank, 2]: how many elements before and after each axis.
Output Pad(Input tensor, Input paddings, const PadOptions& o = {});
inline Output MirrorPadGrad(Input input, Input paddings, const std::string& mode, const Name& name = {}) {
  return Make("MirrorPadGrad", {input, paddings}, {{"mode", mode}}, name);
}

// ---- reordering
// Axis i of the result is axis perm[i]; without a permutation the axes in reverse order.
Output Transpose(Input a);
inline Output Transpose(Input a, Input perm, const Name& name = {}) { return Make("Transpose", {a, perm}, {}, name); }
// The conjugate of that.
inline Output ConjugateTranspose(Input x, Input perm, const Name& name = {}) {
  return Make("ConjugateTranspose", {x, perm}, {}, name);
}
inline Output Reverse(Input tensor, Input axis, const Name& name = {}) {
  return Make("ReverseV2", {tensor, axis}, {}, name);
}
// For each i along `batch_axis` the first seq_lengths[i] elements along `seq_axis` reversed. Axes from the front.
inline Output ReverseSequence(Input input, Input seq_lengths, int64_t seq_axis, int64_t batch_axis = 0,
                              const Name& name = {}) {
  return Make("ReverseSequence", {input, seq_lengths}, {{"seq_dim", seq_axis}, {"batch_dim", batch_axis}}, name);
}
// Blocks of the spatial axes moved into the batch, and back.
inline Output SpaceToBatchND(Input input, Input block_shape, Input paddings, const Name& name = {}) {
  return Make("SpaceToBatchND", {input, block_shape, paddings}, {}, name);
}
inline Output BatchToSpaceND(Input input, Input block_shape, Input crops, const Name& name = {}) {
  return Make("BatchToSpaceND", {input, block_shape, crops}, {}, name);
}
// Blocks of height and width moved into the depth of [batch, height, width, depth] (NHWC) or NCHW, and back.
inline Output SpaceToDepth(Input input, int64_t block_size, const std::string& data_format = "NHWC",
                           const Name& name = {}) {
  return Make("SpaceToDepth", {input}, {{"block_size", block_size}, {"data_format", data_format}}, name);
}
inline Output DepthToSpace(Input input, int64_t block_size, const std::string& data_format = "NHWC",
                           const Name& name = {}) {
  return Make("DepthToSpace", {input}, {{"block_size", block_size}, {"data_format", data_format}}, name);
}

// ---- masks
struct SequenceMaskOptions {
  std::optional<Input> maxlen = {};  // a scalar; else the largest length
  DType dtype = kBool;
  std::string name = {};
};
// mask[…, j] = j < lengths[…], of shape lengths.shape + [maxlen]. Lengths are int32 or int64.
Output SequenceMask(Input lengths, const SequenceMaskOptions& o = {});
struct BooleanMaskOptions {
  int axis = 0;  // where the mask's axes begin
  std::string name = {};
};
// The slices of `tensor` where `mask` (bool) is true, in one axis that takes the place of the mask's. Ranks are known
// (the tensor's only for a negative axis). Errors: a mask of other sizes than the axes it stands for.
Output BooleanMask(Input tensor, Input mask, const BooleanMaskOptions& o = {});

// ---- positions
struct OneHotOptions {
  Input on_value = 1, off_value = 0;  // scalars of one dtype
  int64_t axis = -1;
  DType dtype = DType::kInvalid;      // by the two values; float when they are literals
  std::string name = {};
};
// A new axis of size `depth`: on at each index, off elsewhere.
Output OneHot(Input indices, Input depth, const OneHotOptions& o = {});
// The positions of true (non-zero) elements, [count, rank].
inline Output Where(Input condition, const Name& name = {}) { return Make("Where", {condition}, {}, name); }
struct DequantizeOptions {
  std::string mode = "MIN_COMBINED";  // or MIN_FIRST, SCALED
  bool narrow_range = false;
  int64_t axis = -1;
  DType dtype = kFloat;
  std::string name = {};
};
inline Output Dequantize(Input input, Input min_range, Input max_range, const DequantizeOptions& o = {}) {
  return Make("Dequantize", {input, min_range, max_range},
              {{"mode", o.mode}, {"narrow_range", o.narrow_range}, {"axis", o.axis}, {"dtype", o.dtype}},
              {.name = o.name});
}

}  // namespace weir::ops
