// Streams: files that are read from the front or written to the end, plain or compressed as a whole; compressed bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/graph/base/status.h"

namespace weir {

// How the whole of a file is compressed: as gzip (RFC 1952) and zlib (RFC 1950) say.
enum class Compression { kNone, kGzip, kZlib };

namespace io {

class InputStream {
 public:
  virtual ~InputStream() = default;
  // Reads up to `bytes`; fewer only at the end. Errors: of the system; compressed bytes that are damaged or cut off.
  virtual Result<size_t> Read(void* out, size_t bytes) = 0;
};

// Several gzip files one behind the other are one.
Result<std::unique_ptr<InputStream>> OpenInput(const std::string& path, Compression compression);

// What `bytes` hold compressed, at most `limit` bytes of it; nothing where they are none. The error does not name them.
Result<std::string> Decompressed(std::string_view bytes, Compression compression, int64_t limit);

class OutputStream {
 public:
  virtual ~OutputStream() = default;
  virtual Status Write(const void* data, size_t bytes) = 0;
  // Gives all that was written to the system, so that whoever reads the file sees it.
  virtual Status Flush() = 0;
  // Flushes and ends the file; the last call. Without it, what was not flushed may be missing.
  virtual Status Close() = 0;
};

// Makes the file, or empties the one that is there, unless `append`: then what is there stays. Error: adding to zlib.
Result<std::unique_ptr<OutputStream>> OpenOutput(const std::string& path, Compression compression, bool append = false);

}  // namespace io
}  // namespace weir
