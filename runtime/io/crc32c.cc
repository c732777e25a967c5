#include "weir/runtime/io/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace weir::io {

uint32_t Crc32c(const void* data, size_t bytes, uint32_t before) {
  // Why the cast: ISA-L takes a non-const pointer but only reads. It neither inverts before nor after.
  auto* p = static_cast<unsigned char*>(const_cast<void*>(data));
  uint32_t crc = ~before;
  while (bytes > 0) {
    int n = static_cast<int>(std::min<size_t>(bytes, size_t{1} << 30));
    crc = crc32_iscsi(p, n, crc);
    p += n, bytes -= static_cast<size_t>(n);
  }
  return ~crc;
}

}  // namespace weir::io
