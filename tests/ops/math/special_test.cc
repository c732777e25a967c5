// Rows of special functions, and values that other rows cannot see.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/runtime/cpu/special_functions.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SpecialRows() {
  return {
      {"Lgamma", {In({2, 3}, 0.5, 4)}},
      {"Digamma", {In({2, 3}, 0.5, 4)}},
      {"Ndtri", {In({2, 3}, 0.2, 0.8)}},
      {"BesselI0e", {In({2, 3}, -3, 3)}},
      {"BesselI1e", {In({2, 3}, -3, 3)}},
      ByConvention({0}, {"Polygamma", {Elements({3}, {1, 2, 0}), In({2, 3}, 0.5, 4)}}),
      ByConvention({0}, {"Zeta", {In({2, 3}, 1.5, 4), In({3}, 0.5, 4)}}),
      // TensorFlow has no second derivative by a; the first is IgammaGradA, which is tested below.
      ByConvention({0}, {"Igamma", {In({2, 3}, 0.5, 4), In({3}, 0.5, 4)}}),
      ByConvention({0}, {"Igammac", {In({2, 3}, 0.5, 4), In({3}, 0.5, 4)}}),
      {"IgammaGradA", {In({2, 3}, 0.5, 4), In({3}, 0.5, 4)}},
      {"RandomGammaGrad", {In({2, 3}, 0.5, 4), In({3}, 0.5, 4)}},
      ByConvention({0, 1}, {"Betainc", {In({2, 3}, 0.5, 4), In({2, 3}, 0.5, 4), In({2, 3}, 0.2, 0.8)}}),
      ByConvention({0, 1}, {"Betainc", {In({}, 2, 2), In({2, 3}, 0.5, 4), In({}, 0.3, 0.3)}}),
  };
}

namespace {

void ExpectNear(double got, double want) {
  if (std::isnan(want) || std::isinf(want)) EXPECT_TRUE(std::isnan(want) ? std::isnan(got) : got == want) << got;
  else EXPECT_NEAR(got, want, 2e-14 * std::max(1.0, std::abs(want)));
}

TEST(SpecialFunctions, AtPolesAndOutside) {
  ExpectNear(Digamma(0), NAN);
  ExpectNear(Digamma(-INFINITY), NAN);
  ExpectNear(Digamma(INFINITY), INFINITY);
  ExpectNear(Zeta(1, 2), INFINITY);
  ExpectNear(Zeta(0.5, 1), NAN);
  ExpectNear(Zeta(2, -3), INFINITY);
  ExpectNear(Zeta(3, -3), NAN);
  ExpectNear(Zeta(2.5, -0.5), NAN);
  ExpectNear(Zeta(INFINITY, 20), 0);
  ExpectNear(Zeta(INFINITY, 1), 1);
  ExpectNear(Polygamma(-1, 1), NAN);
  ExpectNear(Igamma(0, 0), 0);
  ExpectNear(Igammac(0, 0), NAN);
  ExpectNear(Igamma(INFINITY, INFINITY), 0);
  ExpectNear(Igammac(INFINITY, 1), 1);
  ExpectNear(Igamma(1, NAN), NAN);
  ExpectNear(GammaSampleGrad(2, 0), 0);
  ExpectNear(GammaSampleGrad(0, 1), NAN);
  ExpectNear(GammaSampleGrad(2, -1), NAN);
  ExpectNear(Betainc(1, 1, 1.5), NAN);
  ExpectNear(Betainc(INFINITY, 1, 0.5), NAN);
  ExpectNear(Ndtri(0), -INFINITY);
  ExpectNear(Ndtri(1.1), NAN);
  ExpectNear(BesselI1e(-INFINITY), 0);
}

TEST(SpecialFunctions, OfFarNumbersInLittleTime) {
  ExpectNear(Zeta(2, -1e15 - 0.5), M_PI * M_PI);
  ExpectNear(Zeta(1e300, 1e299), 0);
  EXPECT_GE(Igamma(1e300, 1e300), 0);
  EXPECT_LE(Betainc(1e12, 1e12, 0.5), 1);
  ExpectNear(Igamma(1e-300, 1e-300), 1);
  ExpectNear(Igammac(3, 1e5), 0);
}

// Identities: 5.5.2, 5.15.5, 25.11.3, 8.4.1, 8.17.4, 10.29.
TEST(SpecialFunctions, KeepTheirIdentities) {
  for (double x : {0.01, 0.3, 1.0, 1.4616, 3.7, 9.99, 10.5, 19.99, 20.01, 300.0}) {
    ExpectNear(Digamma(x + 1), Digamma(x) + 1 / x);
    ExpectNear(Zeta(3, x), Zeta(3, x + 1) + std::pow(x, -3));
    ExpectNear(Polygamma(2, x + 1) - 2 * std::pow(x, -3), Polygamma(2, x));
    ExpectNear(Igamma(1, x), -std::expm1(-x));
    ExpectNear(Igammac(0.5, x), std::erfc(std::sqrt(x)));
    for (double a : {0.2, 1.0, 5.5, 40.0}) {
      ExpectNear(Igamma(a, x) + Igammac(a, x), 1);
      const double step = 1e-5 * a, slope = (Igamma(a + step, x) - Igamma(a - step, x)) / (2 * step);
      EXPECT_NEAR(IgammaGradA(a, x), slope, 1e-7 * std::max(1.0, 1 / a)) << a << " " << x;
    }
    ExpectNear(BesselI0e(-x), BesselI0e(x));
    ExpectNear(BesselI1e(-x), -BesselI1e(x));
  }
  ExpectNear(Digamma(-0.5), 0.03648997397857652);
  ExpectNear(Zeta(2, -1.5), 9.379246644989125);
  ExpectNear(BesselI0e(1), 0.46575960759364043);
  ExpectNear(BesselI1e(1), 0.20791041534970845);
  for (double p : {1e-300, 1e-200, 1e-10, 0.1, 0.5, 0.6, 0.999}) {
    EXPECT_NEAR(0.5 * std::erfc(-Ndtri(p) / M_SQRT2) / p, 1, 1e-11);
    const double x = std::min(p, 0.9);
    ExpectNear(Betainc(2.5, 0.7, x) + Betainc(0.7, 2.5, 1 - x), 1);
    ExpectNear(Betainc(3, 1, x), x * x * x);
  }
}

}  // namespace
}  // namespace weir::testing
