// The fields of protobuf messages as they lie in bytes, for those that are read too often for a parser of messages. No
// field is copied, and bytes that are no message are told from those that are.
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/graph/base/coding.h"

namespace weir::io {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct MessageField {
  uint64_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t varint = 0;     // of a kVarint
  std::string_view bytes;  // of any other
};

// Takes a field off the front; false when there is none. Groups, which proto3 does not have, are none.
inline bool TakeField(std::string_view* in, MessageField* field) {
  uint64_t tag = 0;
  if (!TakeVarint(in, &tag)) return false;
  field->number = tag >> 3;
  field->type = static_cast<WireType>(tag & 7);
  uint64_t size = 0;
  switch (field->type) {
    case WireType::kVarint: return field->number > 0 && TakeVarint(in, &field->varint);
    case WireType::kFixed64: size = 8; break;
    case WireType::kFixed32: size = 4; break;
    case WireType::kBytes:
      if (!TakeVarint(in, &size)) return false;
      break;
    default: return false;
  }
  if (field->number == 0 || size > in->size()) return false;
  field->bytes = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

// Calls f(field), which says whether to go on, for each field; false when `message` is none or f says no.
template <class F>
bool ForEachField(std::string_view message, F f) {
  MessageField field;
  while (!message.empty()) {
    if (!TakeField(&message, &field) || !f(field)) return false;
  }
  return true;
}

}  // namespace weir::io
