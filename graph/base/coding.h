// Integers as checkpoint files write them: fixed little-endian ones, varints, and the order-preserving code of slice
// keys.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::io {

inline void PutFixed32(std::string* out, uint32_t v) { out->append(reinterpret_cast<const char*>(&v), 4); }

inline uint32_t Fixed32At(const char* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

inline void PutVarint(std::string* out, uint64_t v) {
  for (; v >= 0x80; v >>= 7) out->push_back(static_cast<char>(v | 0x80));
  out->push_back(static_cast<char>(v));
}

// Takes a varint off the front; false when there is none.
inline bool TakeVarint(std::string_view* in, uint64_t* v) {
  *v = 0;
  for (int shift = 0; shift < 64 && !in->empty(); shift += 7) {
    auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    *v |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// A length byte, then the number's bytes from the most significant that is not zero.
inline void PutOrderedNumber(std::string* out, uint64_t v) {
  char bytes[8];
  int n = 0;
  for (; v > 0; v >>= 8) bytes[7 - n++] = static_cast<char>(v);
  out->push_back(static_cast<char>(n));
  out->append(bytes + 8 - n, n);
}

// Signed: the number of leading one (or, negative, zero) bits tells the length, then come the number's bits.
inline void PutOrderedSigned(std::string* out, int64_t v) {
  uint64_t magnitude = v < 0 ? ~static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
  int length = 1;
  while (length < 10 && (length < 9 ? magnitude >> (7 * length - 1) : magnitude >> 62) != 0) ++length;
  char bytes[10];
  for (int i = 0; i < 10; ++i)
    bytes[9 - i] = i < 8 ? static_cast<char>(static_cast<uint64_t>(v) >> (8 * i)) : static_cast<char>(v < 0 ? 0xff : 0);
  char* first = bytes + 10 - length;
  uint32_t header = length < 9 ? (0xff00u >> length) & 0xffu : 0xffu;
  first[0] ^= static_cast<char>(header);
  if (length > 8) first[1] ^= static_cast<char>(length == 9 ? 0x80 : 0xc0);
  out->append(first, length);
}

// Bytes so that an end mark sorts first.
inline void PutOrderedString(std::string* out, std::string_view s) {
  for (char c : s) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
    if (c == '\xff') out->push_back('\0');
  }
  out->append("\0\1", 2);
}

}  // namespace weir::io
