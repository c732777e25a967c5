// MurmurHash64A (A. Appleby), FarmHash's Fingerprint64 (G. Pike), SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein), from
// their descriptions.
#include "weir/ops/string/cpu/hashes.h"

#include <bit>
#include <cstring>
#include <utility>

namespace weir {

namespace {

// Little-endian numbers at a place of a text.
uint64_t Word(const char* at) {
  uint64_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
uint64_t HalfWord(const char* at) {
  uint32_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
// Up to 7 bytes.
uint64_t Tail(const char* at, size_t n) {
  uint64_t v = 0;
  std::memcpy(&v, at, n);
  return v;
}
static_assert(std::endian::native == std::endian::little);

}  // namespace

uint64_t MurmurHash64A(std::string_view text) {
  constexpr uint64_t kSeed = 0xDECAFCAFFE, kMul = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  uint64_t h = kSeed ^ (text.size() * kMul);
  const char* at = text.data();
  for (size_t words = text.size() / 8; words > 0; --words, at += 8) {
    uint64_t k = Word(at) * kMul;
    h = (h ^ ((k ^ (k >> kShift)) * kMul)) * kMul;
  }
  if (size_t rest = text.size() % 8) h = (h ^ Tail(at, rest)) * kMul;
  h = (h ^ (h >> kShift)) * kMul;
  return h ^ (h >> kShift);
}

// ---- Fingerprint64

namespace {

constexpr uint64_t kPrime0 = 0xc3a5c85c97cb3127, kPrime1 = 0xb492b66fbe98f273, kPrime2 = 0x9ae16a3b2f90404f;

uint64_t Fold(uint64_t v) { return v ^ (v >> 47); }
uint64_t Mixed(uint64_t a, uint64_t b, uint64_t mul) { return Fold((b ^ Fold((a ^ b) * mul)) * mul) * mul; }

uint64_t UpTo16(const char* s, size_t n) {
  const uint64_t mul = kPrime2 + n * 2;
  if (n >= 8) {
    const uint64_t a = Word(s) + kPrime2, b = Word(s + n - 8);
    return Mixed(std::rotr(b, 37) * mul + a, (std::rotr(a, 25) + b) * mul, mul);
  }
  if (n >= 4) return Mixed(n + (HalfWord(s) << 3), HalfWord(s + n - 4), mul);
  if (n == 0) return kPrime2;
  auto byte = [s](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(s[i])); };
  const uint32_t y = byte(0) + (byte(n >> 1) << 8), z = static_cast<uint32_t>(n) + (byte(n - 1) << 2);
  return Fold(y * kPrime2 ^ z * kPrime0) * kPrime2;
}

// What texts of 17 to 32 bytes give, and the ends of those up to 64.
struct Ends {
  uint64_t a, y, z;
};
Ends EndsOf(const char* s, size_t n, uint64_t first, uint64_t mul) {
  const uint64_t a = Word(s) * first, b = Word(s + 8), c = Word(s + n - 8) * mul, d = Word(s + n - 16) * kPrime2;
  return {a, std::rotr(a + b, 43) + std::rotr(c, 30) + d, a + std::rotr(b + kPrime2, 18) + c};
}

uint64_t UpTo32(const char* s, size_t n) {
  const uint64_t mul = kPrime2 + n * 2;
  const Ends e = EndsOf(s, n, kPrime1, mul);
  return Mixed(e.y, e.z, mul);
}

uint64_t UpTo64(const char* s, size_t n) {
  const uint64_t mul = kPrime2 + n * 2;
  const Ends ends = EndsOf(s, n, kPrime2, mul);
  const uint64_t e = Word(s + 16) * mul, f = Word(s + 24);
  const uint64_t g = (ends.y + Word(s + n - 32)) * mul;
  const uint64_t h = (Mixed(ends.y, ends.z, mul) + Word(s + n - 24)) * mul;
  return Mixed(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + ends.a, 18) + g, mul);
}

using Pair = std::pair<uint64_t, uint64_t>;

Pair Hash32(const char* s, uint64_t a, uint64_t b) {
  a += Word(s);
  b = std::rotr(b + a + Word(s + 24), 21);
  const uint64_t c = a;
  a += Word(s + 8) + Word(s + 16);
  b += std::rotr(a, 44);
  return {a + Word(s + 24), b + c};
}

// What is carried from block to block of 64 bytes.
struct Blocks {
  uint64_t x, y, z;
  Pair v{0, 0}, w{0, 0};

  // `last`: how much the last block differs from the others.
  void Take(const char* s, uint64_t mul, uint64_t last) {
    x = std::rotr(x + y + v.first + Word(s + 8), 37) * mul;
    y = std::rotr(y + v.second + Word(s + 48), 42) * mul;
    x ^= w.second * last;
    y += v.first * last + Word(s + 40);
    z = std::rotr(z + w.first, 33) * mul;
    v = Hash32(s, v.second * mul, x + w.first);
    w = Hash32(s + 32, z + w.second, y + Word(s + 16));
    std::swap(z, x);
  }
};

uint64_t Longer(const char* s, size_t n) {
  constexpr uint64_t kSeed = 81, kYSeed = kSeed * kPrime1 + 113;
  Blocks b{.x = kSeed * kPrime2 + Word(s), .y = kYSeed, .z = Fold(kYSeed * kPrime2 + 113) * kPrime2};
  for (size_t i = 0; i + 64 < n; i += 64) b.Take(s + i, kPrime1, 1);
  const uint64_t mul = kPrime1 + ((b.z & 0xff) << 1);
  b.w.first += (n - 1) & 63;
  b.v.first += b.w.first;
  b.w.first += b.v.first;
  b.Take(s + n - 64, mul, 9);
  return Mixed(Mixed(b.v.first, b.w.first, mul) + Fold(b.y) * kPrime0 + b.z, Mixed(b.v.second, b.w.second, mul) + b.x,
               mul);
}

}  // namespace

uint64_t Fingerprint64(std::string_view text) {
  const size_t n = text.size();
  return (n <= 16 ? UpTo16 : n <= 32 ? UpTo32 : n <= 64 ? UpTo64 : Longer)(text.data(), n);
}

// ---- SipHash

uint64_t SipHash(uint64_t k0, uint64_t k1, std::string_view text) {
  uint64_t v0 = k0 ^ 0x736f6d6570736575, v1 = k1 ^ 0x646f72616e646f6d, v2 = k0 ^ 0x6c7967656e657261,
           v3 = k1 ^ 0x7465646279746573;
  auto rounds = [&](int n) {
    for (; n > 0; --n) {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    }
  };
  auto take = [&](uint64_t m) {
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  };
  const char* at = text.data();
  for (size_t words = text.size() / 8; words > 0; --words, at += 8) take(Word(at));
  take(Tail(at, text.size() % 8) | static_cast<uint64_t>(text.size()) << 56);
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace weir
