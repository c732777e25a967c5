// Inputs of rows that are matrices of a kind, made of any numbers; what the tests of definitions share.
#pragma once

#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

// x·xᴴ + 1: symmetric (complex: Hermitian) and positive definite.
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

// double and complex128.
inline constexpr DType kPrecise[] = {kDouble, kComplex128};

// Normal numbers of this dtype, both parts of complex ones.
inline Output RandomMatrices(Builder& g, const Shape& s, DType dtype, int64_t seed) {
  Output re = ops::RandomNormal(g, s.dims(), {.dtype = kDouble, .seed = seed});
  return dtype == kDouble ? re : ops::Complex(re, ops::RandomNormal(g, s.dims(), {.dtype = kDouble, .seed = seed + 1}));
}
inline Output LargestOf(const Output& x) { return ops::ReduceMax(ops::Abs(x)); }
// Identities of the size of these square matrices.
inline Output OnesOf(const Output& x) { return Make("MatrixDiag", {ops::OnesLike(Make("MatrixDiagPart", {x}))}); }

}  // namespace weir::testing
