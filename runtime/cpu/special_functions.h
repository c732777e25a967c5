// Special functions of doubles that the C library does not have, with TensorFlow's values at poles and outside their
// domains. Each takes bounded time for any argument.
#pragma once

namespace weir {

double LogGamma(double x);             // log |Γ(x)|
double Digamma(double x);              // Γ'(x) / Γ(x); NaN at 0, -1, …
double Zeta(double x, double q);       // Hurwitz's: the sum of (q + k)^-x over k = 0, 1, …
double Polygamma(double n, double x);  // the n-th derivative of Digamma; NaN unless n is 0, 1, …
double Igamma(double a, double x);     // the regularised lower incomplete gamma function P(a, x)
double Igammac(double a, double x);    // the upper one, Q(a, x) = 1 - P(a, x)
double IgammaGradA(double a, double x);              // dP/da
double GammaSampleGrad(double a, double x);          // by a, of the x with one P(a, x): -dP/da over the density
double Betainc(double a, double b, double x);        // the regularised incomplete beta function
double Erfinv(double y);                             // the x with erf(x) = y
double Ndtri(double p);                              // the x below which the standard normal distribution has p
double BesselI0e(double x);                          // exp(-|x|) I0(x)
double BesselI1e(double x);                          // exp(-|x|) I1(x)

}  // namespace weir
