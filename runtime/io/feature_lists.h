// Features of Examples as they lie in bytes: found by key, counted and read without protobuf and without a copy
// between. Nothing is trusted: bytes that are no message are refused by whichever function first looks at them.
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/runtime/io/message_fields.h"

namespace weir::io {

// What a feature is a list of; the number of its field in tf.train.Feature. kNone: the feature says nothing.
enum class ListKind : uint8_t { kNone = 0, kStrings = 1, kFloats = 2, kInts = 3 };

// A BytesList, FloatList or Int64List message.
struct ValueList {
  ListKind kind = ListKind::kNone;
  std::string_view bytes;
};

// Calls f(key, value), which says whether to go on, for each entry of the map that a Features (values: Feature) or
// FeatureLists (FeatureList) message is. False: malformed, or f says no.
template <class F>
bool ForEachEntry(std::string_view map, F f) {
  return ForEachField(map, [&](const MessageField& entry) {
    if (entry.number != 1 || entry.type != WireType::kBytes) return true;
    std::string_view key, value;
    const bool sound = ForEachField(entry.bytes, [&](const MessageField& part) {
      if (part.type != WireType::kBytes) return true;
      if (part.number == 1) key = part.bytes;
      if (part.number == 2) value = part.bytes;
      return true;
    });
    return sound && f(key, value);
  });
}

// The list in a Feature message; of several the last. False: malformed.
bool ReadFeature(std::string_view feature, ValueList* list);
// How many values it has; -1: malformed.
int64_t CountValues(const ValueList& list);
// Writes all values, std::string, float or int64_t by the kind. False: malformed.
bool CopyValues(const ValueList& list, void* out);

}  // namespace weir::io
