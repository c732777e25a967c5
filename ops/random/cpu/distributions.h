// Numbers of the basic distributions from a generator's words: which words make which number is TensorFlow's rule, bit
// for bit, and all kernels that draw are written with these.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

#include "weir/graph/base/dtype.h"
#include "weir/runtime/philox.h"

namespace weir {

// A run counts as having used this many blocks for each output, whatever it really drew; an output that takes as many
// words as it happens to need begins that far from the one before.
inline constexpr uint64_t kBlocksPerOutput = 256;

// How many outputs of type T one block makes.
template <class T>
inline constexpr int kGroup = sizeof(T) == 8 ? 2 : 4;

inline float UniformFloat(uint32_t w) { return std::bit_cast<float>(0x3f800000u | (w & 0x7fffffu)) - 1.0f; }
inline double UniformDouble(uint32_t w0, uint32_t w1) {
  uint64_t mantissa = (uint64_t{w0 & 0xfffffu} << 32) | w1;
  return std::bit_cast<double>((uint64_t{1023} << 52) | mantissa) - 1.0;
}
inline double UniformDouble(PhiloxWords& words) {
  const uint32_t w0 = words.Next(), w1 = words.Next();
  return UniformDouble(w0, w1);
}

inline void FillUniform(const Philox::Block& w, float* out) {
  for (int i = 0; i < 4; ++i) out[i] = UniformFloat(w[i]);
}
inline void FillUniform(const Philox::Block& w, double* out) {
  for (int i = 0; i < 2; ++i) out[i] = UniformDouble(w[2 * i], w[2 * i + 1]);
}
inline void FillUniform(const Philox::Block& w, Half* out) {
  for (int i = 0; i < 4; ++i) out[i] = Half(Half::FromBits(uint16_t(0x3c00u | (w[i] & 0x3ffu))) - 1.0f);
}
inline void FillUniform(const Philox::Block& w, BFloat16* out) {
  for (int i = 0; i < 4; ++i) out[i] = BFloat16(BFloat16::FromBits(uint16_t(0x3f80u | (w[i] & 0x7fu))) - 1.0f);
}

// Box and Muller: two uniform numbers make two normal ones. The zero that has no logarithm is moved up to 1e-7.
inline void NormalPair(uint32_t w0, uint32_t w1, float* out) {
  float radius = std::sqrt(-2.0f * std::log(std::max(UniformFloat(w0), 1.0e-7f)));
  float angle = static_cast<float>(2 * M_PI * UniformFloat(w1));
  float sine, cosine;
  sincosf(angle, &sine, &cosine);
  out[0] = radius * sine;
  out[1] = radius * cosine;
}
inline void NormalPair(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3, double* out) {
  double radius = std::sqrt(-2.0 * std::log(std::max(UniformDouble(w0, w1), 1.0e-7)));
  double sine, cosine;
  sincos(2 * M_PI * UniformDouble(w2, w3), &sine, &cosine);
  out[0] = radius * sine;
  out[1] = radius * cosine;
}

inline void FillNormal(const Philox::Block& w, float* out) {
  NormalPair(w[0], w[1], out);
  NormalPair(w[2], w[3], out + 2);
}
inline void FillNormal(const Philox::Block& w, double* out) { NormalPair(w[0], w[1], w[2], w[3], out); }
template <class T>  // Half, BFloat16
void FillNormal(const Philox::Block& w, T* out) {
  float wide[4];
  FillNormal(w, wide);
  for (int i = 0; i < 4; ++i) out[i] = T(wide[i]);
}

}  // namespace weir
