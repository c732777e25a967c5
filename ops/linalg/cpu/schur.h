// Functions of matrices by the complex Schur form, in double: a = z·t·zᴴ with t upper triangular, so f(a) = z·f(t)·zᴴ.
#pragma once

#include "weir/ops/linalg/cpu/batches.h"

namespace weir::linalg {

// One matrix's form and what is computed with it: t, z and product are [n,n], by columns, `row` has n numbers.
struct SchurForm {
  int64_t n;
  Complex128 *t, *z, *product, *row, *scratch;
  int64_t scratch_size;
  double* real;
};

// The form's arrays in a staging.
class SchurRoom {
 public:
  SchurRoom(Staging& staging, int64_t n);
  SchurForm Get(const Staging& staging, const RunArgs& a) const;

 private:
  int64_t n_, scratch_size_;
  int first_;
};

// t and z of a, row-major. False where a is not finite, or the iteration does not converge.
template <class T>
bool Factor(const SchurForm& s, const T* a);

// out = z·t·zᴴ, row-major. False of a real T where that is no real matrix: what is in `out` does not matter then.
template <class T>
bool Join(const SchurForm& s, T* out);

// The root of the upper triangular t [n,n], by columns, in its place (Björck and Hammarling, 1983).
void RootOfTriangle(Complex128* t, int64_t n);

}  // namespace weir::linalg
