// Inputs of rows that are matrices of a kind, made of any numbers.
#pragma once

#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

// x·xᵀ + 1: symmetric and positive definite.
inline In Definite(std::initializer_list<int64_t> dims) {
  In in(dims);
  in.through = [](const Output& x) {
    Output product = ops::BatchMatMulV2(x, x, {.adj_y = true});
    return Make("MatrixSetDiag", {product, Make("MatrixDiagPart", {product}) + 1});
  };
  return in;
}
// x with 5 added to the diagonal: has an inverse.
inline In Regular(std::initializer_list<int64_t> dims) {
  In in(dims);
  in.through = [](const Output& x) { return Make("MatrixSetDiag", {x, Make("MatrixDiagPart", {x}) + 5}); };
  return in;
}

}  // namespace weir::testing
