// Building functions of the ops that read, write, deal out and compare slices at positions.
//
// Indices are int32 or int64 (Gather and GatherNd: int16 too). An index outside its axis is an error when run.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

struct GatherOptions {
  Input axis = 0;
  int64_t batch_dims = 0;  // leading axes that params and indices have in common
  std::string name = {};
};
// Slices of `params` along `axis`: params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis+1:].
inline Output Gather(Input params, Input indices, const GatherOptions& o = {}) {
  return Make("GatherV2", {params, indices, o.axis}, {{"batch_dims", o.batch_dims}}, {.name = o.name});
}
// Slices at the positions that indices' last axis holds: indices.shape[:-1] + params.shape[k:].
inline Output GatherNd(Input params, Input indices, const Name& name = {}) {
  return Make("GatherNd", {params, indices}, {}, name);
}
// Zeros of `shape` with `updates` added at the positions that indices' last axis holds.
inline Output ScatterNd(Input indices, Input updates, Input shape, const Name& name = {}) {
  return Make("ScatterNd", {indices, updates, shape}, {}, name);
}
// `tensor` with its slices at the positions that indices' last axis holds replaced by, increased by, decreased by,
// lowered to or raised to `updates`, of shape indices.shape[:-1] + tensor.shape[k:].
inline Output TensorScatterNdUpdate(Input tensor, Input indices, Input updates, const Name& name = {}) {
  return Make("TensorScatterUpdate", {tensor, indices, updates}, {}, name);
}
inline Output TensorScatterNdAdd(Input tensor, Input indices, Input updates, const Name& name = {}) {
  return Make("TensorScatterAdd", {tensor, indices, updates}, {}, name);
}
inline Output TensorScatterNdSub(Input tensor, Input indices, Input updates, const Name& name = {}) {
  return Make("TensorScatterSub", {tensor, indices, updates}, {}, name);
}
inline Output TensorScatterNdMin(Input tensor, Input indices, Input updates, const Name& name = {}) {
  return Make("TensorScatterMin", {tensor, indices, updates}, {}, name);
}
inline Output TensorScatterNdMax(Input tensor, Input indices, Input updates, const Name& name = {}) {
  return Make("TensorScatterMax", {tensor, indices, updates}, {}, name);
}

// merged[indices[m][i, …]] = data[m][i, …]; of equal indices the last wins. As many indices as data.
Output DynamicStitch(InputList indices, InputList data, const Name& name = {});
// The same for indices that do not repeat.
Output ParallelDynamicStitch(InputList indices, InputList data, const Name& name = {});
// num_partitions tensors; slice i of data goes to the one that partitions[i] names.
inline OutputList DynamicPartition(Input data, Input partitions, int64_t num_partitions, const Name& name = {}) {
  return MakeAll("DynamicPartition", {data, partitions}, {{"num_partitions", num_partitions}}, name, num_partitions);
}

struct SparseToDenseOptions {
  bool validate_indices = true;  // indices out of order or repeated are an error; else the last of them wins
  std::string name = {};
};
// `default_value` in shape `output_shape`, with `sparse_values`, one a position or a scalar, at `sparse_indices`: rows
// of a matrix, or for one axis a vector.
inline Output SparseToDense(Input sparse_indices, Input output_shape, Input sparse_values, Input default_value,
                            const SparseToDenseOptions& o = {}) {
  return Make("SparseToDense", {sparse_indices, output_shape, sparse_values, default_value},
              {{"validate_indices", o.validate_indices}}, {.name = o.name});
}

struct UniqueOutputs {
  Output y, idx;  // the distinct elements; for each element of x where it is among them
};
UniqueOutputs Unique(Input x, DType out_idx = kInt32, const Name& name = {});
struct UniqueWithCountsOutputs {
  Output y, idx, count;  // count: how often each distinct element comes
};
UniqueWithCountsOutputs UniqueWithCounts(Input x, DType out_idx = kInt32, const Name& name = {});
// The distinct slices along `axis`.
UniqueOutputs UniqueSlices(Input x, int64_t axis, DType out_idx = kInt32, const Name& name = {});
struct SetDiffOutputs {
  Output out, idx;  // elements of x that y does not have; their positions in x
};
// tf.setdiff1d (op ListDiff)
SetDiffOutputs SetDiff1D(Input x, Input y, DType index_dtype = kInt32, const Name& name = {});

}  // namespace weir::ops
