// Series where they converge fast, continued fractions and asymptotic expansions where those do, from the NIST Digital
// Library of Mathematical Functions (DLMF); numbers of formulas are its.
#include "weir/runtime/cpu/special_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();
constexpr double kTiny = 1e-17;  // of a term that changes a sum no more
// Terms of a series or fraction: as many as orders below a million need where they fall slowest. Beyond, incomplete
// functions near their step are rough.
constexpr int kMostTerms = 20000;

// The t ≥ 0 with erfc(t) = tail, where 0 < tail ≤ 1. From Winitzki's approximation, wrong by less than 0.4 % but for
// the smallest tails, Halley's steps: each triples the digits, so that mostly there are two. The residual is taken of
// erf or, towards the end, of erfc, so that nothing cancels.
double ErfcInverse(double tail) {
  constexpr double kA = 0.147, kSlope = 1.1283791670955126;  // 2 / sqrt(pi)
  const double log = std::log(tail * (2 - tail)), half = 2 / (M_PI * kA) + log / 2;
  double t = std::sqrt(std::max(std::sqrt(half * half - log / kA) - half, 0.0));
  constexpr int kMostSteps = 20;
  for (int step = 0; step < kMostSteps; ++step) {
    const double residual = tail > 0.5 ? std::erf(t) - (1 - tail) : tail - std::erfc(t);
    const double newton = residual / (kSlope * std::exp(-t * t));
    const double change = newton / (1 + t * newton);
    t -= change;
    if (std::abs(change) <= 1e-6 * t) break;
  }
  return t;
}

// A value and its derivative by a.
struct Dual {
  double value, by_a;
};

// c · sum and its derivative by a, both over c = x^a e^-x / Γ(b), b = a or a + 1: the logarithm of c has the derivative
// log x - digamma(b).
Dual ByOrder(double b, double x, Dual sum) { return {sum.value, sum.by_a + sum.value * (std::log(x) - Digamma(b))}; }

// The same as they are.
Dual Scaled(double a, double b, double x, Dual sum) {
  const double scale = std::exp(a * std::log(x) - x - LogGamma(b));
  const Dual unscaled = ByOrder(b, x, sum);
  return {scale * unscaled.value, scale * unscaled.by_a};
}

// P(a, x) by its power series (8.7.1), for x ≤ 1 or x ≤ a, over x^a e^-x / Γ(a + 1).
Dual LowerSum(double a, double x) {
  Dual term{1, 0}, sum = term;
  for (int n = 1; n < kMostTerms; ++n) {
    const double r = a + n;
    term = {term.value * x / r, (term.by_a - term.value / r) * x / r};
    sum = {sum.value + term.value, sum.by_a + term.by_a};
    if (term.value <= kTiny * sum.value && -term.by_a <= -kTiny * sum.by_a) break;
  }
  return sum;
}
Dual LowerGamma(double a, double x) { return Scaled(a, a + 1, x, LowerSum(a, x)); }

// Q(a, x) by its continued fraction (8.9.2), for x > 1 and x > a, over x^a e^-x / Γ(a): numerators and denominators one
// after the other, with their derivatives.
Dual UpperSum(double a, double x) {
  Dual p0{0, 0}, q0{1, 0}, p1{1, 0}, q1{x + 1 - a, -1}, h{1 / q1.value, 1 / (q1.value * q1.value)};
  for (int k = 1; k < kMostTerms; ++k) {
    const double b = x + 2 * k + 1 - a, c = k * (a - k);  // db/da = -1, dc/da = k
    auto next = [&](const Dual& one, const Dual& zero) {
      return Dual{b * one.value + c * zero.value, b * one.by_a - one.value + c * zero.by_a + k * zero.value};
    };
    Dual p2 = next(p1, p0), q2 = next(q1, q0);
    const double scale = 1 / q2.value;  // the denominator is kept at 1
    for (Dual* d : {&p1, &q1, &p2, &q2}) *d = {d->value * scale, d->by_a * scale};
    const Dual last = h;
    h = {p2.value, p2.by_a - p2.value * q2.by_a};
    p0 = p1, q0 = q1, p1 = p2, q1 = q2;
    if (std::abs(h.value - last.value) <= kTiny * h.value && std::abs(h.by_a - last.by_a) <= kTiny * h.value) break;
  }
  return h;
}
Dual UpperGamma(double a, double x) { return Scaled(a, a, x, UpperSum(a, x)); }

bool ByFraction(double a, double x) { return x > 1 && x > a; }
bool OutsideGamma(double a, double x) { return !(a > 0) || !(x >= 0); }  // NaN, too

// The continued fraction of the incomplete beta function (8.17.22), by Lentz's method.
double BetaFraction(double a, double b, double x) {
  constexpr double kLeast = 1e-300;
  auto away = [](double v) { return std::abs(v) < kLeast ? kLeast : v; };
  double c = 1, d = 1 / away(1 - (a + b) * x / (a + 1)), h = d;
  for (int m = 1; m < kMostTerms; ++m) {
    double change = 1;
    for (double t : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 / away(1 + t * d);
      c = away(1 + t / c);
      change = c * d;
      h *= change;
    }
    if (std::abs(change - 1) <= 1e-16) break;
  }
  return h;
}

// The sum of (q + k)^-x for x > 1, q > 0: terms, then Euler and Maclaurin's formula (25.11.28).
double ZetaOfPositive(double x, double q) {
  constexpr double kBernoulli[] = {  // B_2j / (2j)!
      1.0 / 12,           -1.0 / 720,          1.0 / 30240,           -1.0 / 1209600,
      1.0 / 47900160,     -691.0 / 1307674368000, 1.0 / 74724249600.0, -3617.0 / 10670622842880000.0};
  constexpr double kFar = 14;
  double sum = 0, a = q;
  while (a < kFar || a < x) {
    const double term = std::pow(a, -x);
    sum += term;
    if (term <= kTiny * sum) return sum;
    a += 1;
  }
  const double power = std::pow(a, -x);
  sum += power * a / (x - 1) + power / 2;
  double factor = x * power / a;
  for (int j = 0; j < 8; ++j) {
    sum += kBernoulli[j] * factor;
    factor *= (x + 2 * j + 1) * (x + 2 * j + 2) / (a * a);
  }
  return sum;
}

// exp(-x) I_ν(x) for large x > 0 (10.40.1), without the root before it; `mu` is 4ν².
double BesselTail(double mu, double x) {
  double term = 1, sum = 1;
  for (int k = 1; k < 40; ++k) {
    const double odd = 2 * k - 1;
    term *= (odd * odd - mu) / (8 * k * x);
    sum += term;
    if (std::abs(term) <= kTiny * sum) break;
  }
  return sum / std::sqrt(2 * M_PI * x);
}

constexpr double kBesselFar = 20;  // from where the tail's least term is below 1e-17

// exp(-x) I_ν(x) for 0 ≤ x ≤ kBesselFar and ν = 0 or 1, without (x/2)^ν (10.25.2).
double BesselSeries(int order, double x) {
  double term = 1, sum = 1;
  for (int k = 1; k < 100; ++k) {
    term *= x * x / (4.0 * k * (k + order));
    sum += term;
    if (term <= kTiny * sum) break;
  }
  return std::exp(-x) * sum;
}

}  // namespace

double LogGamma(double x) {
  int sign = 0;  // Why not std::lgamma: it writes a variable that all threads share
  return ::lgamma_r(x, &sign);
}

double Digamma(double x) {
  double sum = 0;
  if (x <= 0) {
    if (x == std::floor(x)) return kNan;
    sum = -M_PI / std::tan(M_PI * (x - std::floor(x)));
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum -= 1 / x;
  constexpr double kBernoulli[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12};
  const double z = 1 / (x * x);
  double series = 0;  // 5.11.2
  for (int k = 6; k >= 0; --k) series = z * (kBernoulli[k] + series);
  return sum + std::log(x) - 0.5 / x - series;
}

double Zeta(double x, double q) {
  if (std::isnan(x) || std::isnan(q)) return kNan;
  if (x == 1) return kInf;
  if (x < 1) return kNan;
  const bool whole = x == std::floor(x), even = whole && (std::isinf(x) || std::fmod(x, 2) == 0);
  if (q <= 0 && q == std::floor(q)) return even ? kInf : kNan;
  if (q > 0) return std::isinf(q) ? 0 : ZetaOfPositive(x, q);
  if (!whole) return kNan;
  // The terms below 0 are those of other series, up to their sign.
  const double r = q - std::floor(q), below = ZetaOfPositive(x, 1 - r) - ZetaOfPositive(x, 1 - q);
  return ZetaOfPositive(x, r) + (even ? below : -below);
}

double Polygamma(double n, double x) {
  if (!(n >= 0) || n != std::floor(n)) return kNan;
  if (n == 0) return Digamma(x);
  const double sign = std::fmod(n, 2) == 0 ? -1 : 1;
  return sign * std::tgamma(n + 1) * Zeta(n + 1, x);
}

double Igamma(double a, double x) {
  if (x == 0) return 0;
  if (OutsideGamma(a, x)) return kNan;
  if (std::isinf(a)) return 0;
  if (std::isinf(x)) return 1;
  return ByFraction(a, x) ? 1 - UpperGamma(a, x).value : std::min(LowerGamma(a, x).value, 1.0);
}

double Igammac(double a, double x) {
  if (OutsideGamma(a, x)) return kNan;
  if (std::isinf(x)) return 0;
  if (std::isinf(a) || x == 0) return 1;
  return ByFraction(a, x) ? UpperGamma(a, x).value : std::max(1 - LowerGamma(a, x).value, 0.0);
}

double IgammaGradA(double a, double x) {
  if (x == 0) return 0;
  if (OutsideGamma(a, x)) return kNan;
  if (std::isinf(a) || std::isinf(x)) return 0;
  return ByFraction(a, x) ? -UpperGamma(a, x).by_a : LowerGamma(a, x).by_a;
}

double GammaSampleGrad(double a, double x) {
  if (x == 0) return 0;
  if (OutsideGamma(a, x)) return kNan;
  if (std::isinf(a) || std::isinf(x)) return 0;
  // The density is x^(a-1) e^-x / Γ(a), which what both sums are over is a multiple of.
  return ByFraction(a, x) ? x * ByOrder(a, x, UpperSum(a, x)).by_a : -x / a * ByOrder(a + 1, x, LowerSum(a, x)).by_a;
}

double Betainc(double a, double b, double x) {
  if (a <= 0 || b <= 0 || !(x >= 0) || !(x <= 1)) return kNan;
  if (x == 0 || x == 1) return x;
  if (!std::isfinite(a) || !std::isfinite(b)) return kNan;
  const double log = a * std::log(x) + b * std::log1p(-x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b);
  if (x > (a + 1) / (a + b + 2)) return 1 - std::exp(log) / b * BetaFraction(b, a, 1 - x);
  return std::exp(log) / a * BetaFraction(a, b, x);
}

double Erfinv(double y) {
  const double tail = 1 - std::abs(y);
  if (!(tail > 0)) return tail == 0 ? std::copysign(kInf, y) : kNan;
  return std::copysign(ErfcInverse(tail), y);
}

double Ndtri(double p) {
  const double tail = 2 * std::min(p, 1 - p);
  if (!(tail > 0)) return p == 0 ? -kInf : p == 1 ? kInf : kNan;
  return (p < 0.5 ? -M_SQRT2 : M_SQRT2) * ErfcInverse(tail);
}

double BesselI0e(double x) {
  x = std::abs(x);
  return x <= kBesselFar ? BesselSeries(0, x) : BesselTail(0, x);
}

double BesselI1e(double x) {
  const double size = std::abs(x);
  return size <= kBesselFar ? x / 2 * BesselSeries(1, size) : std::copysign(BesselTail(4, size), x);
}

}  // namespace weir
