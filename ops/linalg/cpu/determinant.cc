// Kernels of MatrixDeterminant and LogMatrixDeterminant: from the diagonal of the LU factors.
#include <cmath>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::Matrices;

// The factors' diagonal, and the sign of their permutation. Of complex matrices a sign has the size 1.
template <class T>
struct Factors {
  const T* lu;
  int64_t n;
  T sign;
  T operator[](int64_t i) const { return lu[i * (n + 1)]; }
};

template <class T>
Factors<T> FactorsOf(const T* a, int64_t n, T* lu, int32_t* pivots) {
  std::copy_n(a, n * n, lu);  // as good as transposed: the determinant is the same
  linalg::LuInPlace(lu, n, pivots);
  T sign = 1;
  for (int64_t i = 0; i < n; ++i) {
    if (pivots[i] != i) sign = -sign;
  }
  return {lu, n, sign};
}

// A mantissa of x, of a size of about 1, and its exponent.
template <class T>
T Mantissa(T x, int* exponent) {
  if constexpr (!kIsComplexType<T>) {
    return std::frexp(x, exponent);
  } else {
    std::frexp(std::max(std::abs(x.real()), std::abs(x.imag())), exponent);
    return {std::ldexp(x.real(), -*exponent), std::ldexp(x.imag(), -*exponent)};
  }
}

template <class T>
T Scaled(T x, int exponent) {
  if constexpr (!kIsComplexType<T>) return std::ldexp(x, exponent);
  else return {std::ldexp(x.real(), exponent), std::ldexp(x.imag(), exponent)};
}

// The product, by mantissas and exponents: what is between may be out of the range of T.
template <class T>
T Product(const Factors<T>& f) {
  T product = f.sign;
  int64_t exponent = 0;
  for (int64_t i = 0; i < f.n; ++i) {
    int own = 0, carried = 0;
    product = Mantissa(product * Mantissa(f[i], &own), &carried);
    exponent += own + carried;
  }
  return Scaled(product, static_cast<int>(std::clamp<int64_t>(exponent, -100000, 100000)));
}

template <class T>
T SignOf(T x) {
  if constexpr (!kIsComplexType<T>) return x > 0 ? T(1) : x < 0 ? T(-1) : x;  // NaN stays
  else return x == T(0) ? x : x / std::abs(x);
}

template <class T>
void LogOf(const Factors<T>& f, T* sign, T* log) {
  *sign = f.sign, *log = 0;
  for (int64_t i = 0; i < f.n; ++i) {
    *sign *= SignOf(f[i]);
    *log += std::log(std::abs(f[i]));
  }
}

Status PrepareDeterminant(PrepareContext& c, bool log) {
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(s));
  for (int i = 0; i < c.num_outputs(); ++i) WEIR_RETURN_IF_ERROR(c.set_output_dims(i, linalg::BatchOf(s)));
  const int64_t n = m.rows, count = c.output_shape(0).num_elements();
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    linalg::Staging staging;
    const int lu = staging.Add<T>(n * n), pivots = staging.Add<int32_t>(n);
    linalg::CutMatrices(c, count, n, 30 + double(n * n * n) * 0.7, staging);
    c.SetRun([n, count, log, staging, lu, pivots](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const Factors<T> f =
            FactorsOf(a.in<T>(0) + i * n * n, n, staging.Get<T>(a, lu), staging.Get<int32_t>(a, pivots));
        if (log) LogOf(f, a.out<T>(0) + i, a.out<T>(1) + i);
        else a.out<T>(0)[i] = Product(f);
      }
    });
  });
}

}  // namespace

void RegisterDeterminantKernels(KernelRegistry& r) {
  r.Add("MatrixDeterminant", [](PrepareContext& c) { return PrepareDeterminant(c, false); });
  r.Add("LogMatrixDeterminant", [](PrepareContext& c) { return PrepareDeterminant(c, true); });
}

}  // namespace weir
