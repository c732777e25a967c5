// Lane functions made of a plain loop: an Op's static Do, called for every element, tells operand and result.
#pragma once

#include "weir/runtime/cpu/lanes.h"

namespace weir {

template <class Op, class T>
void Loop1(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const T* x = static_cast<const T*>(in[0]);
  auto* out = static_cast<decltype(Op::Do(T()))*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = Op::Do(x[i]);
}
template <class Op, class T>
void Loop2(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const T *x = static_cast<const T*>(in[0]), *y = static_cast<const T*>(in[1]);
  auto* out = static_cast<decltype(Op::Do(T(), T()))*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = Op::Do(x[i], y[i]);
}
template <class Op, class T>
void Loop3(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const T *x = static_cast<const T*>(in[0]), *y = static_cast<const T*>(in[1]), *z = static_cast<const T*>(in[2]);
  auto* out = static_cast<decltype(Op::Do(T(), T(), T()))*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = Op::Do(x[i], y[i], z[i]);
}

// The lanes of Op on elements T; ns is the cost of one element.
template <class Op, class T> LaneFn UnaryLane(float ns) {
  return {.arity = 1, .call = &Loop1<Op, T>, .ns = ns, .operand = DTypeOf<T>, .result = DTypeOf<decltype(Op::Do(T()))>};
}
template <class Op, class T> LaneFn BinaryLane(float ns) {
  using R = decltype(Op::Do(T(), T()));
  return {.arity = 2, .call = &Loop2<Op, T>, .ns = ns, .operand = DTypeOf<T>, .result = DTypeOf<R>};
}
template <class Op, class T> LaneFn TernaryLane(float ns) {
  using R = decltype(Op::Do(T(), T(), T()));
  return {.arity = 3, .call = &Loop3<Op, T>, .ns = ns, .operand = DTypeOf<T>, .result = DTypeOf<R>};
}

}  // namespace weir
