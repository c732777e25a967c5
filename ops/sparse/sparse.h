// Building functions of the ops on sparse tensors.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

// A sparse tensor by its parts.
struct SparseParts {
  Output indices;  // the positions of its elements, int64 [n, rank]
  Output values;   // of these, [n]
  Output shape;    // int64 [rank]
};

// The elements in row-major order of their positions.
SparseParts SparseReorder(const SparseParts& x, const Name& name = {});

// The same elements in a shape of as many elements, an int64 vector, of which one size may be -1: what is left.
SparseParts SparseReshape(const SparseParts& x, Input shape, const Name& name = {});

// The elements from `start` on, within `size` (int64 vectors), in order; of the shape that is left there.
SparseParts SparseSlice(const SparseParts& x, Input start, Input size, const Name& name = {});

// Two or more joined along `axis`, in row-major order; their other sizes are equal.
SparseParts SparseConcat(const std::vector<SparseParts>& tensors, int64_t axis, const Name& name = {});

// `num` parts along `axis`, of equal sizes but that the first ones are larger by 1 where it does not go evenly.
std::vector<SparseParts> SparseSplit(const SparseParts& x, int64_t num, Input axis, const Name& name = {});

// The sum of two of one shape, ordered as both must be; where both have an element whose sum is below `thresh` in size,
// it has none (0: nothing is left out).
SparseParts SparseAdd(const SparseParts& a, const SparseParts& b, Input thresh = 0, const Name& name = {});

struct SparseReduceOptions {
  bool keepdims = false;  // reduced axes stay, with size 1
  std::string name = {};
};
// The sums, the largest of the elements along `axis` (a number or several in braces), as a dense tensor: 0 where there
// are none. Numbers; for the largest real ones, which has no derivative.
Output SparseReduceSum(const SparseParts& x, Input axis, const SparseReduceOptions& o = {});
Output SparseReduceMax(const SparseParts& x, Input axis, const SparseReduceOptions& o = {});

// The softmax along the last axis of a tensor of two or more, over the elements that there are; half, float, double.
SparseParts SparseSoftmax(const SparseParts& x, const Name& name = {});

struct SparseFillEmptyRowsOutputs {
  SparseParts filled;
  Output empty_row_indicator;  // bool, of each row
  Output reverse_index_map;    // int64: where each element of the input is among those of `filled`
};
// With default_value (a scalar) at the first position of each row that has no element; the others row by row.
SparseFillEmptyRowsOutputs SparseFillEmptyRows(const SparseParts& x, Input default_value, const Name& name = {});

struct SparseMatMulOptions {
  bool adjoint_a = false, adjoint_b = false;  // transposed and conjugated first
  std::string name = {};
};
// The product of a sparse matrix and a dense one; half, bfloat16, float, double, int32, complex.
inline Output SparseTensorDenseMatMul(const SparseParts& a, Input b, const SparseMatMulOptions& o = {}) {
  return Make("SparseTensorDenseMatMul", {a.indices, a.values, a.shape, b},
              {{"adjoint_a", o.adjoint_a}, {"adjoint_b", o.adjoint_b}}, {.name = o.name});
}

// b with the elements of a, of the same shape, added where they are.
inline Output SparseTensorDenseAdd(const SparseParts& a, Input b, const Name& name = {}) {
  return Make("SparseTensorDenseAdd", {a.indices, a.values, a.shape, b}, {}, name);
}

// x's elements times, divided by, or plus what `dense`, broadcast to its shape, has where they are.
inline SparseParts SparseDenseCwiseMul(const SparseParts& x, Input dense, const Name& name = {}) {
  return {x.indices, Make("SparseDenseCwiseMul", {x.indices, x.values, x.shape, dense}, {}, name), x.shape};
}
inline SparseParts SparseDenseCwiseDiv(const SparseParts& x, Input dense, const Name& name = {}) {
  return {x.indices, Make("SparseDenseCwiseDiv", {x.indices, x.values, x.shape, dense}, {}, name), x.shape};
}
inline SparseParts SparseDenseCwiseAdd(const SparseParts& x, Input dense, const Name& name = {}) {
  return {x.indices, Make("SparseDenseCwiseAdd", {x.indices, x.values, x.shape, dense}, {}, name), x.shape};
}

struct EditDistanceOptions {
  bool normalize = true;  // over the length of the truth
  std::string name = {};
};
// How many elements have to be put in, left out or changed to make the truth of a hypothesis, float: of each of the
// sequences along the last axis, which two sparse tensors of one dtype hold in row-major order.
Output EditDistance(const SparseParts& hypothesis, const SparseParts& truth, const EditDistanceOptions& options = {});

// The sets along the last axis of tensors of integers or strings, two of which stand in the same place: 'a-b', 'b-a',
// 'intersection' or 'union' of each two, in growing order. An error where sparse positions are not in order.
SparseParts SetOperation(const std::string& operation, Input a, Input b, const Name& name = {});
SparseParts SetOperation(const std::string& operation, const SparseParts& a, const SparseParts& b,
                         const Name& name = {});

// How many different elements each set along the last axis has, int32.
inline Output SetSize(const SparseParts& sets, const Name& name = {}) {
  return Make("SetSize", {sets.indices, sets.values, sets.shape}, {}, name);
}

}  // namespace weir::ops
