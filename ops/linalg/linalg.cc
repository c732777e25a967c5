// Linear algebra: the list of the family's topics (einsum.cc and norm.cc are composed of other ops).
#include "weir/graph/op_def.h"

namespace weir {

void RegisterMatMulOps(OpRegistry& r);       // matmul.cc
void RegisterMatrixDiagOps(OpRegistry& r);   // diag.cc: MatrixDiag, MatrixDiagPart, MatrixSetDiag
void RegisterTensorDiagOps(OpRegistry& r);   // tensor_diag.cc
void RegisterMatrixBandOps(OpRegistry& r);   // band.cc: MatrixBandPart
void RegisterCholeskyOps(OpRegistry& r);     // cholesky.cc
void RegisterSolveOps(OpRegistry& r);        // solve.cc: MatrixSolve, MatrixTriangularSolve, MatrixInverse …
void RegisterDeterminantOps(OpRegistry& r);  // determinant.cc
void RegisterFactorOps(OpRegistry& r);       // factors.cc: Qr, Lu
void RegisterSpectrumOps(OpRegistry& r);     // spectra.cc: Svd, SelfAdjointEigV2, MatrixSquareRoot
void RegisterExponentialOps(OpRegistry& r);  // exponential.cc
void RegisterLogarithmOps(OpRegistry& r);    // logarithm.cc
void RegisterTridiagonalOps(OpRegistry& r);  // tridiagonal.cc
void RegisterCrossOps(OpRegistry& r);        // cross.cc
void RegisterContractionOps(OpRegistry& r);  // contraction.cc: Einsum

void RegisterLinalgOps(OpRegistry& r) {
  RegisterMatMulOps(r);
  RegisterMatrixDiagOps(r);
  RegisterTensorDiagOps(r);
  RegisterMatrixBandOps(r);
  RegisterCholeskyOps(r);
  RegisterSolveOps(r);
  RegisterDeterminantOps(r);
  RegisterFactorOps(r);
  RegisterSpectrumOps(r);
  RegisterExponentialOps(r);
  RegisterLogarithmOps(r);
  RegisterTridiagonalOps(r);
  RegisterCrossOps(r);
  RegisterContractionOps(r);
}

}  // namespace weir
