// The rows of the linalg family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MatMulRows();       // matmul_test.cc
std::vector<OpRow> MatrixDiagRows();   // diag_test.cc
std::vector<OpRow> TensorDiagRows();   // tensor_diag_test.cc
std::vector<OpRow> MatrixBandRows();   // band_test.cc
std::vector<OpRow> CholeskyRows();     // cholesky_test.cc
std::vector<OpRow> SolveRows();        // solve_test.cc
std::vector<OpRow> DeterminantRows();  // determinant_test.cc
std::vector<OpRow> FactorRows();       // factors_test.cc
std::vector<OpRow> SpectrumRows();     // spectra_test.cc
std::vector<OpRow> ExponentialRows();  // exponential_test.cc
std::vector<OpRow> LogarithmRows();    // logarithm_test.cc
std::vector<OpRow> TridiagonalRows();  // tridiagonal_test.cc
std::vector<OpRow> CrossRows();        // cross_test.cc
std::vector<OpRow> ContractionRows();  // contraction_test.cc

std::vector<OpRow> LinalgRows() {
  return Joined({MatMulRows(), MatrixDiagRows(), TensorDiagRows(), MatrixBandRows(), CholeskyRows(), SolveRows(),
                 DeterminantRows(), FactorRows(), SpectrumRows(), ExponentialRows(), LogarithmRows(),
                 TridiagonalRows(), CrossRows(), ContractionRows()});
}

}  // namespace weir::testing
