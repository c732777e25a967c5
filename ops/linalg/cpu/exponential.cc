// Kernel of MatrixExponential, in double or complex128: the Padé approximation of degree 13 of a / 2ˢ, squared s times,
// by Higham, "The scaling and squaring method for the matrix exponential revisited" (2005).
#include <cmath>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/ops/linalg/cpu/product.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Up to this norm the approximation is good to double's precision.
constexpr double kTheta = 5.371920351148152;
constexpr double kPade[] = {64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
                            10559470521600,    670442572800,      33522128640,      1323241920,       40840800,
                            960960,            16380,             182,              1};

// Matrices of one order, [n,n], of numbers N: double or complex128. `room` is what products want.
template <class N>
struct Room {
  N *a, *a2, *a4, *a6, *u, *v, *product, *room;
  int32_t* pivots;
  void Multiply(const N* x, const N* y, int64_t n, N* out) const {
    linalg::MatrixProduct(false, false, n, n, n, x, y, room, out);
  }
};

double Scaled(double x, int exponent) { return std::ldexp(x, exponent); }
Complex128 Scaled(Complex128 x, int exponent) { return {Scaled(x.real(), exponent), Scaled(x.imag(), exponent)}; }

// The largest sum of a column's sizes; NaN and infinity stay.
template <class N>
double NormOf(const N* a, int64_t n) {
  double norm = 0;
  for (int64_t j = 0; j < n; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += std::abs(a[i * n + j]);
    if (!(sum <= norm)) norm = sum;
    if (std::isnan(sum)) return sum;
  }
  return norm;
}

// out (+)= p6·a6 + p4·a4 + p2·a2 + diagonal·I
template <class N>
void Sum(const Room<N>& m, int64_t n, double p2, double p4, double p6, double diagonal, bool add, N* out) {
  for (int64_t i = 0; i < n * n; ++i) out[i] = (add ? out[i] : N(0)) + p6 * m.a6[i] + p4 * m.a4[i] + p2 * m.a2[i];
  for (int64_t i = 0; i < n; ++i) out[i * (n + 1)] += diagonal;
}

// exp(m.a) in m.a, |m.a| <= kTheta. False where the equations have no solution: of numbers that are not finite.
template <class N>
bool Pade(const Room<N>& m, int64_t n) {
  const double* b = kPade;
  m.Multiply(m.a, m.a, n, m.a2), m.Multiply(m.a2, m.a2, n, m.a4), m.Multiply(m.a4, m.a2, n, m.a6);
  Sum(m, n, b[9], b[11], b[13], 0, false, m.product);
  m.Multiply(m.a6, m.product, n, m.v);
  Sum(m, n, b[3], b[5], b[7], b[1], true, m.v);
  m.Multiply(m.a, m.v, n, m.u);
  Sum(m, n, b[8], b[10], b[12], 0, false, m.product);
  m.Multiply(m.a6, m.product, n, m.v);
  Sum(m, n, b[2], b[4], b[6], b[0], true, m.v);
  for (int64_t i = 0; i < n * n; ++i) m.a[i] = m.v[i] + m.u[i], m.v[i] -= m.u[i];
  linalg::TransposeTo(m.v, n, n, m.product);
  if (!linalg::LuInPlace(m.product, n, m.pivots)) return false;
  linalg::SolveByLu(m.product, m.pivots, n, false, m.a, n);
  return true;
}

// exp(m.a) in m.a; false as of Pade, or when the run is to stop.
template <class N>
bool Exponential(const RunArgs& args, const Room<N>& m, int64_t n) {
  const double norm = NormOf(m.a, n);
  if (!std::isfinite(norm)) return false;
  int squarings = 0;
  if (norm > kTheta) squarings = static_cast<int>(std::ceil(std::log2(norm / kTheta)));
  for (int64_t i = 0; i < n * n; ++i) m.a[i] = Scaled(m.a[i], -squarings);
  if (!Pade(m, n)) return false;
  for (; squarings > 0 && !args.cancelled(); --squarings) {
    m.Multiply(m.a, m.a, n, m.product);
    std::copy_n(m.product, n * n, m.a);
  }
  return squarings == 0;
}

Status PrepareExponential(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(linalg::Matrices matrices, linalg::SquareMatricesOf(c.input_shape(0)));
  c.set_output_shape(0, c.input_shape(0));
  const int64_t n = matrices.rows, size = n * n;
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    using N = linalg::Precise<T>;
    linalg::Staging staging;
    int rooms[7];
    for (int& room : rooms) room = staging.Add<N>(size);
    const int pivots = staging.Add<int32_t>(n), room = staging.Add<N>(linalg::ProductRoom<N>(n, n, n));
    linalg::CutMatrices(c, matrices.count, n, 300 + double(n * size) * 15, staging);
    c.SetRun([=](RunArgs& a) {
      auto at = [&](int k) { return staging.Get<N>(a, k); };
      const Room<N> m{at(rooms[0]), at(rooms[1]), at(rooms[2]), at(rooms[3]), at(rooms[4]),
                      at(rooms[5]), at(rooms[6]), at(room),     staging.Get<int32_t>(a, pivots)};
      for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
        std::copy_n(a.in<T>(0) + i * size, size, m.a);
        T* out = a.out<T>(0) + i * size;
        const bool good = Exponential(a, m, n);
        for (int64_t e = 0; e < size; ++e) out[e] = good ? T(m.a[e]) : linalg::NanOf<T>();
      }
    });
  });
}

}  // namespace

void RegisterExponentialKernels(KernelRegistry& r) { r.Add("MatrixExponential", PrepareExponential); }

}  // namespace weir
