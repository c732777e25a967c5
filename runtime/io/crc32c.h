// CRC-32C (Castagnoli), as checkpoints use it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::io {

// The checksum of bytes, or of bytes that follow those whose checksum is `before`.
uint32_t Crc32c(const void* data, size_t bytes, uint32_t before = 0);
// Files store checksums masked, since a checksum of bytes that hold checksums is weak.
inline uint32_t MaskCrc(uint32_t c) { return ((c >> 15) | (c << 17)) + 0xa282ead8u; }

}  // namespace weir::io
