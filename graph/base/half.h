// The two 16-bit floating-point types. They only hold bits: arithmetic happens in float through the implicit
// conversion, and rounding (to nearest, ties to even) happens once, in the explicit constructor.
#pragma once

#include <bit>
#include <cstdint>

namespace weir {

struct Half {
  uint16_t bits = 0;

  Half() = default;
  explicit Half(float f) : bits(FromFloat(f)) {}
  operator float() const { return ToFloat(bits); }
  static Half FromBits(uint16_t b) { Half h; h.bits = b; return h; }

 private:
  static uint16_t FromFloat(float f) {
    uint32_t x = std::bit_cast<uint32_t>(f);
    uint32_t sign = (x >> 16) & 0x8000u;
    x &= 0x7fffffffu;
    if (x >= 0x7f800000u) return uint16_t(sign | 0x7c00u | (x > 0x7f800000u ? 0x200u | ((x >> 13) & 0x3ffu) : 0));
    if (x >= 0x477ff000u) return uint16_t(sign | 0x7c00u);  // rounds to infinity
    if (x < 0x38800000u) {                                   // subnormal or zero: let the FPU round
      float magic = std::bit_cast<float>(x) + 0.5f;
      return uint16_t(sign | (std::bit_cast<uint32_t>(magic) - 0x3f000000u));
    }
    uint32_t odd = (x >> 13) & 1;
    return uint16_t(sign | ((x - 0x38000000u + 0xfffu + odd) >> 13));
  }
  static float ToFloat(uint16_t h) {
    uint32_t sign = uint32_t(h & 0x8000) << 16, exp = (h >> 10) & 0x1f, man = h & 0x3ff;
    if (exp == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (man << 13));
    if (exp == 0) {
      float f = float(man) * 0x1p-24f;
      return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(f));
    }
    return std::bit_cast<float>(sign | ((exp + 112) << 23) | (man << 13));
  }
};

struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float f) {
    uint32_t x = std::bit_cast<uint32_t>(f);
    if ((x & 0x7fffffffu) > 0x7f800000u) {
      bits = uint16_t((x >> 16) | 0x40);
    } else {
      bits = uint16_t((x + 0x7fffu + ((x >> 16) & 1)) >> 16);
    }
  }
  operator float() const { return std::bit_cast<float>(uint32_t(bits) << 16); }
  static BFloat16 FromBits(uint16_t b) { BFloat16 h; h.bits = b; return h; }
};

}  // namespace weir
