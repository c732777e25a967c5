// Building functions of linear algebra: products, factorisations, equations and diagonals of matrices.
//
// A tensor of rank 2 or more is a batch of matrices, its last two axes; the axes in front are the batch. Factorisations
// and solutions are of float, double, complex64 or complex128. Of a complex matrix aᴴ is the adjoint: transposed and
// conjugated; of a real one it is the transpose. What is said of symmetric matrices holds of Hermitian complex ones
// (whose diagonal is taken for real). Sizes that do not fit become the builder's error; what only values tell (a
// matrix without an inverse, one that is not positive definite) is an error of the run, which names the node.
#pragma once

#include <string>

#include "weir/graph/builder.h"

namespace weir::ops {

struct MatMulOptions {
  bool transpose_a = false, transpose_b = false;
  bool adjoint_a = false, adjoint_b = false;  // transposed and, where complex, conjugated; not with transpose_…
  std::string name = {};
};

// The product of matrices a [m,k] and b [k,n], [m,n]: op MatMul when both have rank 2. Higher or unknown ranks multiply
// the last two axes and broadcast the others: op BatchMatMulV2. float, double, half, bfloat16, int16, int32, int64,
// complex64, complex128. An error when the inner dimensions differ.
Output MatMul(Input a, Input b, const MatMulOptions& options = {});

struct BatchMatMulOptions {
  bool adj_x = false, adj_y = false;  // the adjoint
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

// The matrices transposed: the last two axes swapped. Any dtype; the rank is known or at least 2.
Output MatrixTranspose(Input a, const Name& name = {});
// The matrices transposed and, where complex, conjugated.
Output Adjoint(Input a, const Name& name = {});

// ---- factorisations
// Lower triangular L […,n,n], L·Lᴴ = input, of symmetric positive definite matrices; the lower triangle is read. An
// error in the run where one is not positive definite.
inline Output Cholesky(Input input, const Name& name = {}) { return Make("Cholesky", {input}, {}, name); }
// x with L·Lᴴ·x = rhs, given L […,n,n] of Cholesky; rhs is […,n,k].
Output CholeskySolve(Input chol, Input rhs, const Name& name = {});

struct QrOptions {
  bool full_matrices = false;
  std::string name = {};
};
struct QrFactors {
  Output q, r;
};
// input […,m,n] = q·r, the columns of q orthonormal, r upper triangular: q […,m,p], r […,p,n], p = min(m,n); with
// full_matrices q […,m,m], r […,m,n]. The diagonal of r is real. Its gradient wants known m and n, and no full_matrices
// where m > n.
QrFactors Qr(Input input, const QrOptions& o = {});

struct LuOptions {
  DType index_type = kInt32;  // or int64
  std::string name = {};
};
struct LuFactors {
  Output lu, p;
};
// L·U of input […,n,n] with its rows permuted: row i is the input's row p[i]; `lu` has L (ones on its diagonal) below
// the diagonal and U above. No gradient. An error in the run where a matrix has no inverse.
LuFactors Lu(Input input, const LuOptions& o = {});

struct SvdOptions {
  bool compute_uv = true;  // else u and v are empty
  bool full_matrices = false;
  std::string name = {};
};
struct SvdFactors {
  Output s, u, v;
};
// input […,m,n] = u·diag(s)·vᴴ: s […,p] descending, u […,m,p], v […,n,p], p = min(m,n); with full_matrices u […,m,m],
// v […,n,n]. All have the input's dtype: complex s have imaginary parts of 0. The gradient with u and v wants known m
// and n, with full_matrices at most 1 apart; of complex matrices it is that of what does not depend on the vectors'
// factors of size 1.
SvdFactors Svd(Input input, const SvdOptions& o = {});

struct SelfAdjointEigOptions {
  bool compute_v = true;  // else the vectors are empty
  std::string name = {};
};
struct EigenPairs {
  Output values, vectors;
};
// The eigenvalues […,n], ascending, and eigenvectors, the columns of […,n,n], of symmetric matrices, of which the lower
// triangle is read. Both have the input's dtype; the gradient as Svd's.
EigenPairs SelfAdjointEig(Input input, const SelfAdjointEigOptions& o = {});

// r with r·r = input […,n,n], its principal root; NaN where the input is real and r is not.
inline Output MatrixSquareRoot(Input input, const Name& name = {}) {
  return Make("MatrixSquareRoot", {input}, {}, name);
}
// The exponential of input […,n,n], Σ inputᵏ / k!; NaN where it is not finite. TensorFlow has removed the op, so that
// it opens no graph with it.
inline Output Expm(Input input, const Name& name = {}) { return Make("MatrixExponential", {input}, {}, name); }

// The principal logarithm of input […,n,n], complex64 or complex128: exp of it is the input. NaN where that has no
// inverse.
inline Output Logm(Input input, const Name& name = {}) { return Make("MatrixLogarithm", {input}, {}, name); }

// ---- numbers of matrices
// The determinants […] of matrices […,n,n].
inline Output Det(Input input, const Name& name = {}) { return Make("MatrixDeterminant", {input}, {}, name); }
struct LogDeterminant {
  Output sign, log_abs;
};
// Their signs (of complex ones the number of size 1) and the logarithms of their sizes: 0 and -inf where there is no
// inverse. Both have the input's dtype.
LogDeterminant Slogdet(Input input, const Name& name = {});
// The sum of the main diagonal, […] of […,m,n]; any number dtype.
Output Trace(Input x, const Name& name = {});
struct NormOptions {
  std::string ord = "euclidean";  // or of vectors "1", "2", "inf"; of matrices "fro", "1", "2", "inf"
  bool matrices = false;          // the last two axes; else all elements as one vector
  bool keepdims = false;
  std::string name = {};
};
// tf.norm: of vectors Σ|x|, √Σ|x|², max|x|; of matrices √Σ|x|², the largest sum of a column's |x|, the largest singular
// value, the largest sum of a row's. Of complex numbers it is real.
Output Norm(Input tensor, const NormOptions& o = {});

// ---- equations
struct TriangularSolveOptions {
  bool lower = true;     // which triangle of the matrix is read
  bool adjoint = false;  // its adjoint is solved
  std::string name = {};
};
// x […,n,k], matrix·x = rhs, for triangular matrices […,n,n] and rhs […,n,k]; the batches broadcast.
Output TriangularSolve(Input matrix, Input rhs, const TriangularSolveOptions& o = {});

struct SolveOptions {
  bool adjoint = false;  // of the matrix's adjoint
  std::string name = {};
};
// x […,n,k], matrix·x = rhs, for matrices […,n,n] and rhs […,n,k] of equal batches; the inverse […,n,n]. Errors in the
// run where a matrix has no inverse.
Output Solve(Input matrix, Input rhs, const SolveOptions& o = {});
Output Inverse(Input input, const SolveOptions& o = {});

struct LeastSquaresOptions {
  double l2_regularizer = 0;
  bool fast = true;  // by Cholesky's factors; otherwise for matrices of any rank, without the regularizer or a gradient
  std::string name = {};
};
// x […,n,k] of least |matrix·x - rhs|² + l2_regularizer·|x|², for matrices […,m,n] and rhs […,m,k].
Output LeastSquares(Input matrix, Input rhs, const LeastSquaresOptions& o = {});

// The product t·rhs of tridiagonal matrices […,n,n], given as rows […,1,n], and rhs […,n,k]: row i of the result is
// superdiag[i]·rhs[i+1] + maindiag[i]·rhs[i] + subdiag[i]·rhs[i-1].
inline Output TridiagonalMatMul(Input superdiag, Input maindiag, Input subdiag, Input rhs, const Name& name = {}) {
  return Make("TridiagonalMatMul", {superdiag, maindiag, subdiag, rhs}, {}, name);
}
struct TridiagonalSolveOptions {
  bool partial_pivoting = true;
  std::string name = {};
};
// x […,n,k] with t·x = rhs; `diagonals` […,3,n] has the diagonal above (its last element is not looked at), the main
// one and the one below (its first is not looked at). NaN where t has no inverse.
Output TridiagonalSolve(Input diagonals, Input rhs, const TridiagonalSolveOptions& o = {});

// The cross products of vectors […,3] of one shape; any real number dtype.
inline Output Cross(Input a, Input b, const Name& name = {}) { return Make("Cross", {a, b}, {}, name); }

// Zeros outside a band of diagonals of the innermost matrices; negative widths keep all (tf.linalg.band_part).
inline Output MatrixBandPart(Input input, Input num_lower, Input num_upper, const Name& name = {}) {
  return Make("MatrixBandPart", {input, num_lower, num_upper}, {}, name);
}

// ---- diagonals, of any dtype but string. k is the diagonal's number, 0 the main one, positive above it; or the first
// and last of a band, {k0, k1}: then they stand below one another, from the uppermost, the shorter ones padded.
// `align` says where those above the main one lie, and those below.
struct MatrixDiagOptions {
  Input k = 0, num_rows = -1, num_cols = -1;  // -1: as many as the diagonals take
  Input padding_value = 0;                    // elsewhere
  std::string align = "RIGHT_LEFT";
  std::string name = {};
};
// Matrices […,m,n] of diagonals […,length] or […,number,length].
Output MatrixDiag(Input diagonal, const MatrixDiagOptions& o = {});
struct MatrixDiagPartOptions {
  Input k = 0, padding_value = 0;
  std::string align = "RIGHT_LEFT";
  std::string name = {};
};
// Diagonals of matrices […,m,n].
Output MatrixDiagPart(Input input, const MatrixDiagPartOptions& o = {});
// Of `diagonal` of shape s a tensor of shape s + s, zero off its diagonal; and the diagonal of such a tensor.
inline Output TensorDiag(Input diagonal, const Name& name = {}) { return Make("Diag", {diagonal}, {}, name); }
inline Output TensorDiagPart(Input input, const Name& name = {}) { return Make("DiagPart", {input}, {}, name); }
struct MatrixSetDiagOptions {
  Input k = 0;
  std::string align = "RIGHT_LEFT";
  std::string name = {};
};
// Matrices […,m,n] with `diagonal`, as MatrixDiagPart gives it, in the place of their own.
Output MatrixSetDiag(Input input, Input diagonal, const MatrixSetDiagOptions& o = {});

}  // namespace weir::ops
