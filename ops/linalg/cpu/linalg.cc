// The kernels of linear algebra: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterMatMulKernels(KernelRegistry& r);       // matmul.cc
void RegisterMatrixDiagKernels(KernelRegistry& r);   // diag.cc
void RegisterTensorDiagKernels(KernelRegistry& r);   // tensor_diag.cc
void RegisterMatrixBandKernels(KernelRegistry& r);   // band.cc
void RegisterCholeskyKernels(KernelRegistry& r);     // cholesky.cc
void RegisterSolveKernels(KernelRegistry& r);        // solve.cc
void RegisterDeterminantKernels(KernelRegistry& r);  // determinant.cc
void RegisterFactorKernels(KernelRegistry& r);       // factors.cc
void RegisterSpectrumKernels(KernelRegistry& r);     // spectra.cc
void RegisterExponentialKernels(KernelRegistry& r);  // exponential.cc
void RegisterLogarithmKernels(KernelRegistry& r);    // logarithm.cc
void RegisterTridiagonalKernels(KernelRegistry& r);  // tridiagonal.cc
void RegisterCrossKernels(KernelRegistry& r);        // cross.cc
void RegisterContractionKernels(KernelRegistry& r);  // contraction.cc

void RegisterLinalgKernels(KernelRegistry& r) {
  RegisterMatMulKernels(r);
  RegisterMatrixDiagKernels(r);
  RegisterTensorDiagKernels(r);
  RegisterMatrixBandKernels(r);
  RegisterCholeskyKernels(r);
  RegisterSolveKernels(r);
  RegisterDeterminantKernels(r);
  RegisterFactorKernels(r);
  RegisterSpectrumKernels(r);
  RegisterExponentialKernels(r);
  RegisterLogarithmKernels(r);
  RegisterTridiagonalKernels(r);
  RegisterCrossKernels(r);
  RegisterContractionKernels(r);
}

}  // namespace weir
