// Building functions for products of matrices.
#pragma once

#include <string>

#include "weir/graph/builder.h"

namespace weir::ops {

struct MatMulOptions {
  bool transpose_a = false, transpose_b = false;
  std::string name = {};
};

// The product of matrices a [m,k] and b [k,n], [m,n]: op MatMul when both have rank 2. Higher or unknown ranks multiply
// the last two axes and broadcast the others: op BatchMatMulV2. float, double, half, bfloat16, int16, int32, int64.
// An error when the inner dimensions differ.
Output MatMul(Input a, Input b, const MatMulOptions& options = {});

struct BatchMatMulOptions {
  bool adj_x = false, adj_y = false;
  std::string name = {};
};

// The products of the matrices x […,m,k] and y […,k,n], […,m,n]; the axes in front broadcast.
inline Output BatchMatMulV2(Input x, Input y, const BatchMatMulOptions& options = {}) {
  return Make("BatchMatMulV2", {x, y}, {{"adj_x", options.adj_x}, {"adj_y", options.adj_y}}, {.name = options.name});
}
// The same where x and y have equal axes in front.
inline Output BatchMatMul(Input x, Input y, const BatchMatMulOptions& options = {}) {
  return Make("BatchMatMul", {x, y}, {{"adj_x", options.adj_x}, {"adj_y", options.adj_y}}, {.name = options.name});
}

// Sums of products by Einstein's notation, as numpy.einsum and tf.einsum: "ij,jk->ik" is a product of matrices,
// "bij,bjk->bik" a batch of them, "ij->ji" a transposition, "ii->i" the diagonal, "ii->" the trace. Letters name axes;
// those that the output lacks are summed over. "..." stands for any number of axes, aligned at their end and broadcast.
// Without "->" the output has the ellipsis and the letters that appear once, in alphabetical order. Inputs of one
// number dtype; sizes may be unknown, ranks only where there is no ellipsis. Errors: a malformed equation, a letter
// with two sizes, a rank that does not fit.
Output Einsum(const std::string& equation, InputList inputs, const Name& name = {});

}  // namespace weir::ops
