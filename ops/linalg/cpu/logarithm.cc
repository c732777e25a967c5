// Kernel of MatrixLogarithm, in complex128: roots of the Schur form's triangle are taken until it is near 1, there a
// Padé approximation is good, and what it gives is doubled for each root. By Al-Mohy and Higham, "Improved inverse
// scaling and squaring algorithms for the matrix logarithm" (2012), of degree 7 only. The two diagonals on which digits
// would be lost by t - 1 have formulas of their own.
#include <cmath>
#include <numbers>

#include "weir/ops/linalg/cpu/schur.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::SchurForm;
using Complex = Complex128;

// Up to this distance from 1 the approximation is good to double's precision.
constexpr double kTheta = 0.264;
// The roots that the largest and the least numbers want are fewer.
constexpr int kMostRoots = 64;
// Gauss and Legendre's nodes and weights on [0, 1]: log(1 + x) = ∫ x / (1 + p·x) dp.
constexpr double kNodes[] = {0.025446043828620736, 0.129234407200302780, 0.297077424311301417, 0.5,
                             0.702922575688698583, 0.870765592799697220, 0.974553956171379264};
constexpr double kWeights[] = {0.064742483084434847, 0.139852695744638334, 0.190915025252559472, 0.208979591836734694,
                               0.190915025252559472, 0.139852695744638334, 0.064742483084434847};

// What is kept of one matrix's triangle beside the form: x = root - 1 [n,n], and t's first two diagonals.
struct Memory {
  Complex *x, *main, *above;
};

// ---- numbers

// a^(1/2^roots) - 1 without cancellation (Al-Mohy, "A more accurate Briggs method for the logarithm", 2012).
Complex RootMinusOne(Complex a, int roots) {
  if (roots == 0) return a - 1.0;
  int left = roots;
  if (std::abs(std::arg(a)) >= std::numbers::pi / 2) a = std::sqrt(a), --left;
  const Complex first = a - 1.0;
  if (left == 0) return first;
  Complex product = 1;
  for (int i = 0; i < left; ++i) a = std::sqrt(a), product *= 1.0 + a;
  return first / product;
}

// How often 2πi must be added to z for an imaginary part in (-π, π].
double Unwinding(Complex z) { return std::ceil((z.imag() - std::numbers::pi) / (2 * std::numbers::pi)); }

bool FarApart(Complex l, Complex m) { return std::abs(m - l) > std::abs(l + m) / 2; }

// (log m - log l) / 2, of numbers that are not far apart.
Complex HalfDifference(Complex l, Complex m) {
  const Complex z = std::atanh((m - l) / (m + l));
  return z + Complex(0, std::numbers::pi * Unwinding(std::log(m) - std::log(l)));
}

// Above the diagonal of the matrix [l t; 0 m]: of its logarithm, and of its power p.
Complex LogAbove(Complex l, Complex m, Complex t) {
  if (l == m) return t / l;
  if (FarApart(l, m)) return t * (std::log(m) - std::log(l)) / (m - l);
  return t * 2.0 * HalfDifference(l, m) / (m - l);
}
Complex PowerAbove(Complex l, Complex m, Complex t, double p) {
  if (l == m) return t * p * std::pow(l, p - 1);
  if (FarApart(l, m)) return t * (std::pow(m, p) - std::pow(l, p)) / (m - l);
  const Complex mean = std::exp(p / 2 * (std::log(m) + std::log(l)));
  return t * mean * 2.0 * std::sinh(p * HalfDifference(l, m)) / (m - l);
}

// ---- triangles, by columns

// column = x·column, of which the first `size` elements are not zero.
void TimesColumn(const Complex* x, int64_t n, int64_t size, const Complex* column, Complex* out) {
  std::fill_n(out, size, Complex(0));
  for (int64_t k = 0; k < size; ++k) {
    for (int64_t i = 0; i <= k; ++i) out[i] += x[k * n + i] * column[k];
  }
}

double SumOfSizes(const Complex* column, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) sum += std::abs(column[i]);
  return sum;
}

// How far x is from 0 as the approximation feels it: the larger of |x²|^(1/2) and |x³|^(1/3). Uses product and row.
double SizeOf(const SchurForm& s, const Complex* x) {
  const int64_t n = s.n;
  double square = 0, cube = 0;
  for (int64_t j = 0; j < n; ++j) {
    Complex* column = s.product + j * n;
    TimesColumn(x, n, j + 1, x + j * n, column);
    square = std::max(square, SumOfSizes(column, j + 1));
    TimesColumn(x, n, j + 1, column, s.row);
    cube = std::max(cube, SumOfSizes(s.row, j + 1));
  }
  return std::max(std::sqrt(square), std::cbrt(cube));
}

// Takes roots of s.t until x, which is it less 1, is small: how many; -1 when they do not lead there, or on `stop`.
int TakeRoots(const RunArgs& args, const SchurForm& s, Complex* x) {
  const int64_t n = s.n;
  for (int roots = 0; roots <= kMostRoots && !args.cancelled(); ++roots) {
    double diagonal = 0;
    std::copy_n(s.t, n * n, x);
    for (int64_t i = 0; i < n; ++i) {
      x[i * (n + 1)] -= 1.0;
      diagonal = std::max(diagonal, std::abs(x[i * (n + 1)]));
    }
    if (diagonal <= kTheta && SizeOf(s, x) <= kTheta) return roots;
    linalg::RootOfTriangle(s.t, n);
  }
  return -1;
}

// s.t = log(1 + x): a sum of solutions of triangular equations.
void SumOfFractions(const SchurForm& s, const Complex* x) {
  const int64_t n = s.n;
  for (int64_t j = 0; j < n; ++j) {
    Complex* out = s.t + j * n;
    std::fill_n(out, n, Complex(0));
    for (size_t q = 0; q < std::size(kNodes); ++q) {
      std::copy_n(x + j * n, j + 1, s.row);
      for (int64_t k = j; k >= 0; --k) {
        s.row[k] /= 1.0 + kNodes[q] * x[k * (n + 1)];
        const Complex f = kNodes[q] * s.row[k];
        for (int64_t i = 0; i < k; ++i) s.row[i] -= x[k * n + i] * f;
      }
      for (int64_t i = 0; i <= j; ++i) out[i] += kWeights[q] * s.row[i];
    }
  }
}

// The logarithm of the triangle s.t in its place. False where it has none.
bool LogOfTriangle(const RunArgs& args, const SchurForm& s, const Memory& m) {
  const int64_t n = s.n;
  for (int64_t i = 0; i < n; ++i) {
    m.main[i] = s.t[i * (n + 1)];
    if (m.main[i] == Complex(0)) return false;
    if (i > 0) m.above[i] = s.t[i * n + i - 1];
  }
  const int roots = TakeRoots(args, s, m.x);
  if (roots < 0) return false;
  const double power = std::ldexp(1.0, -roots);
  for (int64_t i = 0; i < n; ++i) {
    m.x[i * (n + 1)] = RootMinusOne(m.main[i], roots);
    if (i > 0 && roots > 0) m.x[i * n + i - 1] = PowerAbove(m.main[i - 1], m.main[i], m.above[i], power);
  }
  SumOfFractions(s, m.x);
  for (int64_t k = 0; k < n * n; ++k) s.t[k] /= power;
  for (int64_t i = 0; i < n; ++i) {
    s.t[i * (n + 1)] = std::log(m.main[i]);
    if (i > 0) s.t[i * n + i - 1] = LogAbove(m.main[i - 1], m.main[i], m.above[i]);
  }
  return true;
}

Status PrepareLogarithm(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(linalg::Matrices m, linalg::SquareMatricesOf(c.input_shape(0)));
  c.set_output_shape(0, c.input_shape(0));
  if (m.count == 0) return linalg::SetIdentity(c, {});
  return c.ForType(ComplexTypes{}, c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    const int64_t n = m.rows;
    linalg::Staging staging;
    const linalg::SchurRoom room(staging, n);
    const int x = staging.Add<Complex>(n * n), main = staging.Add<Complex>(n), above = staging.Add<Complex>(n);
    linalg::OnePart(c, m.count, staging);
    c.SetRun([=](RunArgs& a) {
      const SchurForm schur = room.Get(staging, a);
      const Memory memory{staging.Get<Complex>(a, x), staging.Get<Complex>(a, main), staging.Get<Complex>(a, above)};
      for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
        T* out = a.out<T>(0) + i * n * n;
        const bool good = linalg::Factor(schur, a.in<T>(0) + i * n * n) && LogOfTriangle(a, schur, memory);
        if (good) linalg::Join(schur, out);
        else std::fill_n(out, n * n, linalg::NanOf<T>());
      }
    });
  });
}

}  // namespace

void RegisterLogarithmKernels(KernelRegistry& r) { r.Add("MatrixLogarithm", PrepareLogarithm); }

}  // namespace weir
