// The bytes of a graph's file. Of a large binary message the elements of large tensors are read apart, straight into
// the memory that the tensors will have: nothing is held twice, and a file may be larger than protobuf's 2 GiB.
//
// In the bytes that are left a tensor says in place of its content which of `contents` it is (its content_index, from
// 1). It does so there alone: the number in a file means nothing.
#pragma once

#include <optional>
#include <string>

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/graph/import.h"

namespace weir {

struct MessageFile {
  std::string bytes;
  Contents contents;
};

// By the first bytes.
bool LooksLikeText(std::string_view content);
// What a binary file is by its first bytes; nullopt of text, and where they do not tell.
std::optional<GraphFormat> FormatOfPrefix(std::string_view bytes);

// Files of `whole_below` bytes are read as they are, and so are contents of less than `apart_from`. Errors: files; more
// than 2 GiB but for contents; of what is cut, bytes that end too early.
Result<MessageFile> ReadMessageFile(const std::string& path, int64_t whole_below = 16 << 20,
                                    int64_t apart_from = 64 << 10);

}  // namespace weir
