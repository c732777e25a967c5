// The arithmetic of the training ops: one struct per rule, how one element of a variable and its slots moves by one
// gradient.
//
// A rule is made from the op's scalars in input order and its flag (use_nesterov, update_slots or
// multiply_linear_by_lr), so that what does not depend on the element is computed once. F is float, double or Rounded:
// the order of operations is that of TensorFlow's kernels, which for half and bfloat16 round after each; where their
// sparse form differs from the dense one, so does ours (kSparse). A division by zero is floating-point division, with
// its infinities and NaNs, as there.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "weir/graph/base/half.h"

namespace weir::training {

// half or bfloat16 arithmetic: every operation computes in float and rounds.
template <class T>
struct Rounded {
  T value;
  Rounded() = default;
  Rounded(T v) : value(v) {}  // NOLINT: as it stands in memory
  template <class N>
    requires std::is_arithmetic_v<N>
  explicit Rounded(N n) : value(static_cast<float>(n)) {}
  explicit operator T() const { return value; }
  float wide() const { return value; }

  friend Rounded operator+(Rounded a, Rounded b) { return Rounded(a.wide() + b.wide()); }
  friend Rounded operator-(Rounded a, Rounded b) { return Rounded(a.wide() - b.wide()); }
  friend Rounded operator*(Rounded a, Rounded b) { return Rounded(a.wide() * b.wide()); }
  friend Rounded operator/(Rounded a, Rounded b) { return Rounded(a.wide() / b.wide()); }
  Rounded operator-() const { return Rounded(-wide()); }
  Rounded& operator+=(Rounded b) { return *this = *this + b; }
  Rounded& operator-=(Rounded b) { return *this = *this - b; }
  friend bool operator<(Rounded a, Rounded b) { return a.wide() < b.wide(); }
  friend bool operator>(Rounded a, Rounded b) { return a.wide() > b.wide(); }
  friend bool operator==(Rounded a, Rounded b) { return a.wide() == b.wide(); }
};

inline float Sqrt(float x) { return std::sqrt(x); }
inline double Sqrt(double x) { return std::sqrt(x); }
template <class T>
Rounded<T> Sqrt(Rounded<T> x) { return Rounded<T>(std::sqrt(x.wide())); }
inline float Rsqrt(float x) { return 1.0f / std::sqrt(x); }
inline double Rsqrt(double x) { return 1.0 / std::sqrt(x); }
template <class T>
Rounded<T> Rsqrt(Rounded<T> x) { return Rounded<T>(1.0f / std::sqrt(x.wide())); }
inline float Pow(float x, float y) { return std::pow(x, y); }
inline double Pow(double x, double y) { return std::pow(x, y); }
template <class T>
Rounded<T> Pow(Rounded<T> x, Rounded<T> y) { return Rounded<T>(std::pow(x.wide(), y.wide())); }
template <class F>
F Abs(F x) { return x < F(0) ? -x : x; }
template <class F>
F Sign(F x) { return x > F(0) ? F(1) : x < F(0) ? F(-1) : x; }  // keeps NaN and the signed zeros
// Shrinks towards zero by `by`: the proximal step of an L1 penalty.
template <class F>
F Shrink(F x, F by) { return Sign(x) * std::max(Abs(x) - by, F(0)); }

template <class F>
struct GradientDescent {
  static constexpr int kVars = 1;
  F alpha;
  GradientDescent(const F* s, bool) : alpha(s[0]) {}
  void operator()(F* x, F g) const { x[0] -= g * alpha; }
};

template <class F, bool kSparse>
struct Momentum {  // var, accum
  static constexpr int kVars = 2;
  F lr, momentum;
  bool nesterov;
  Momentum(const F* s, bool use_nesterov) : lr(s[0]), momentum(s[1]), nesterov(use_nesterov) {}
  void operator()(F* x, F g) const {
    x[1] = x[1] * momentum + g;
    F ahead = kSparse ? lr * momentum * x[1] : x[1] * momentum * lr;
    x[0] -= nesterov ? g * lr + ahead : x[1] * lr;
  }
};

template <class F>
struct Adam {  // var, m, v
  static constexpr int kVars = 3;
  F alpha, beta1, beta1_rest, beta2_rest, epsilon;
  bool nesterov;
  // beta1_power, beta2_power, lr, beta1, beta2, epsilon
  Adam(const F* s, bool use_nesterov)
      : alpha(s[2] * Sqrt(F(1) - s[1]) / (F(1) - s[0])),
        beta1(s[3]),
        beta1_rest(F(1) - s[3]),
        beta2_rest(F(1) - s[4]),
        epsilon(s[5]),
        nesterov(use_nesterov) {}
  void operator()(F* x, F g) const {
    x[1] += (g - x[1]) * beta1_rest;
    x[2] += (g * g - x[2]) * beta2_rest;
    F step = nesterov ? (g * beta1_rest + beta1 * x[1]) * alpha : x[1] * alpha;
    x[0] -= step / (Sqrt(x[2]) + epsilon);
  }
};

template <class F, bool kSparse>
struct RMSProp {  // var, ms, mom
  static constexpr int kVars = 3;
  F lr, rho, rest, momentum, epsilon;
  RMSProp(const F* s, bool) : lr(s[0]), rho(s[1]), rest(F(1) - s[1]), momentum(s[2]), epsilon(s[3]) {}
  void operator()(F* x, F g) const {
    x[1] = kSparse ? x[1] * rho + g * g * rest : x[1] + (g * g - x[1]) * rest;
    x[2] = x[2] * momentum + (kSparse ? Rsqrt(x[1] + epsilon) * lr * g : (g * lr) / Sqrt(x[1] + epsilon));
    x[0] -= x[2];
  }
};

template <class F, bool kSparse>
struct CenteredRMSProp {  // var, mg, ms, mom
  static constexpr int kVars = 4;
  F lr, rho, rest, momentum, epsilon;
  CenteredRMSProp(const F* s, bool) : lr(s[0]), rho(s[1]), rest(F(1) - s[1]), momentum(s[2]), epsilon(s[3]) {}
  void operator()(F* x, F g) const {
    x[2] = kSparse ? x[2] * rho + g * g * rest : x[2] + (g * g - x[2]) * rest;
    x[1] = kSparse ? x[1] * rho + g * rest : x[1] + (g - x[1]) * rest;
    F variance = kSparse ? (x[2] + epsilon) - x[1] * x[1] : (x[2] - x[1] * x[1]) + epsilon;
    x[3] = x[3] * momentum + (kSparse ? Rsqrt(variance) * lr * g : (g * lr) / Sqrt(variance));
    x[0] -= x[3];
  }
};

template <class F>
struct Adagrad {  // var, accum
  static constexpr int kVars = 2;
  F lr;
  bool update_slots;
  Adagrad(const F* s, bool update) : lr(s[0]), update_slots(update) {}
  void operator()(F* x, F g) const {
    if (update_slots) x[1] += g * g;
    x[0] -= g * lr * Rsqrt(x[1]);
  }
};

template <class F>
struct AdagradV2 {  // var, accum
  static constexpr int kVars = 2;
  F lr, epsilon;
  bool update_slots;
  AdagradV2(const F* s, bool update) : lr(s[0]), epsilon(s[1]), update_slots(update) {}
  void operator()(F* x, F g) const {
    if (update_slots) x[1] += g * g;
    x[0] -= g * lr / (Sqrt(x[1]) + epsilon);
  }
};

template <class F>
struct Adadelta {  // var, accum, accum_update
  static constexpr int kVars = 3;
  F lr, rho, rest, epsilon;
  Adadelta(const F* s, bool) : lr(s[0]), rho(s[1]), rest(F(1) - s[1]), epsilon(s[2]) {}
  void operator()(F* x, F g) const {
    x[1] = x[1] * rho + g * g * rest;
    F update = Sqrt(x[2] + epsilon) * Rsqrt(x[1] + epsilon) * g;
    x[0] -= update * lr;
    x[2] = x[2] * rho + update * update * rest;
  }
};

template <class F>
struct AdagradDA {  // var, gradient_accumulator, gradient_squared_accumulator
  static constexpr int kVars = 3;
  F lr, l1, l1_step, l2_step_lr;
  // lr, l1, l2, global_step
  AdagradDA(const F* s, bool) : lr(s[0]), l1(s[1]), l1_step(s[1] * s[3]), l2_step_lr(s[2] * (s[3] * s[0])) {}
  void operator()(F* x, F g) const {
    x[1] += g;
    x[2] += g * g;
    F shrunk = l1 > F(0) ? Shrink(x[1], l1_step) : x[1];
    x[0] = -lr * shrunk / (l2_step_lr + Sqrt(x[2]));
  }
};

template <class F>
struct ProximalGradientDescent {
  static constexpr int kVars = 1;
  F alpha, l1, l1_alpha, scale;
  ProximalGradientDescent(const F* s, bool) : alpha(s[0]), l1(s[1]), l1_alpha(s[0] * s[1]), scale(F(1) + s[2] * s[0]) {}
  void operator()(F* x, F g) const {
    F moved = x[0] - g * alpha;
    x[0] = (l1 > F(0) ? Shrink(moved, l1_alpha) : moved) / scale;
  }
};

template <class F>
struct ProximalAdagrad {  // var, accum
  static constexpr int kVars = 2;
  F lr, l1, l2;
  ProximalAdagrad(const F* s, bool) : lr(s[0]), l1(s[1]), l2(s[2]) {}
  void operator()(F* x, F g) const {
    x[1] += g * g;
    F rate = lr * Rsqrt(x[1]);
    F moved = x[0] - g * rate;
    x[0] = (l1 > F(0) ? Shrink(moved, rate * l1) : moved) / (F(1) + l2 * rate);
  }
};

// V1 without, V2 with l2_shrinkage. `linear` is kept multiplied by lr when the flag says so.
template <class F, bool kSparse, bool kShrinkage>
struct Ftrl {  // var, accum, linear
  static constexpr int kVars = 3;
  F lr, l1, l2, shrinkage, power;
  bool by_lr, square_root;
  // lr, l1, l2, [l2_shrinkage,] lr_power
  Ftrl(const F* s, bool multiply_linear_by_lr)
      : lr(s[0]),
        l1(s[1]),
        l2(s[2]),
        shrinkage(kShrinkage ? s[3] : F(0)),
        power(-s[kShrinkage ? 4 : 3]),
        by_lr(multiply_linear_by_lr),
        square_root(power == F(0.5)) {}
  F Root(F x) const { return square_root ? Sqrt(x) : Pow(x, power); }
  void operator()(F* x, F g) const {
    F shrunk = kShrinkage ? g + F(2) * shrinkage * x[0] : g;
    F accum = x[1] + g * g, root = Root(accum), grown = root - Root(x[1]);
    x[2] += by_lr ? shrunk * lr - grown * x[0] : shrunk - grown / lr * x[0];
    F limit = by_lr ? l1 * lr : l1;
    F slope = by_lr ? root + F(2) * l2 * lr : root / lr + F(2) * l2;
    if (kSparse) {
      x[0] = (std::max(std::min(x[2], limit), -limit) - x[2]) / slope;
    } else {
      x[0] = Abs(x[2]) > limit ? (limit * Sign(x[2]) - x[2]) / slope : F(0);
    }
    x[1] = accum;
  }
};

}  // namespace weir::training
