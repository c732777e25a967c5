// Sorted tables: the container of checkpoint indices (LevelDB's table format, as TensorFlow uses it).
//
// The reader takes untrusted bytes: every offset, length and checksum is checked before it is used. The writer's bytes
// are those that TensorFlow writes: blocks of 256 KiB, uncompressed, a restart every 16 keys.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir::io {

using TableEntries = std::vector<std::pair<std::string, std::string>>;

// Whether the bytes end as a table does.
bool IsTable(std::string_view bytes);
// All keys and values, in order. Blocks may be compressed by Snappy. Any damage is a DataLoss error.
Result<TableEntries> ReadTable(std::string_view bytes);

// Keys must come in ascending order.
class TableBuilder {
 public:
  void Add(std::string_view key, std::string_view value);
  // The whole table's bytes.
  std::string Finish();

 private:
  struct Block {
    explicit Block(int interval) : restart_interval(interval) {}
    void Add(std::string_view key, std::string_view value);
    std::string Finish();
    size_t size() const { return bytes.size() + 4 * restarts.size() + 4; }

    int restart_interval, since_restart = 0;
    std::string bytes, last_key;
    std::vector<uint32_t> restarts{0};
  };
  std::string Write(Block* block);  // returns the handle
  void Flush();

  Block data_{16}, index_{1};
  std::string out_, last_key_, pending_handle_;
};

}  // namespace weir::io
