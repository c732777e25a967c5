#include "weir/runtime/io/feature_lists.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace weir::io {

namespace {

// Calls f(field) for each field of values: one value, or numbers packed.
template <class F>
bool ForEachValues(const ValueList& list, F f) {
  return ForEachField(list.bytes, [&](const MessageField& field) { return field.number != 1 || f(field); });
}

// Of a varint, the last byte.
bool IsLast(char c) { return (static_cast<unsigned char>(c) & 0x80) == 0; }

// -1: the field holds no values of this kind.
int64_t CountIn(ListKind kind, const MessageField& field) {
  const std::string_view bytes = field.bytes;
  const auto size = static_cast<int64_t>(bytes.size());
  switch (kind) {
    case ListKind::kStrings: return field.type == WireType::kBytes ? 1 : -1;
    case ListKind::kFloats:
      if (field.type != WireType::kBytes && field.type != WireType::kFixed32) return -1;
      return size % 4 == 0 ? size / 4 : -1;
    case ListKind::kInts:
      if (field.type == WireType::kVarint) return 1;
      if (field.type != WireType::kBytes || (size > 0 && !IsLast(bytes.back()))) return -1;
      return std::count_if(bytes.begin(), bytes.end(), IsLast);
    case ListKind::kNone: return 0;
  }
  return -1;
}

bool CopyInts(const MessageField& field, int64_t** out) {
  if (field.type == WireType::kVarint) return *(*out)++ = static_cast<int64_t>(field.varint), true;
  for (std::string_view rest = field.bytes; !rest.empty();) {
    uint64_t value = 0;
    if (!TakeVarint(&rest, &value)) return false;
    *(*out)++ = static_cast<int64_t>(value);
  }
  return true;
}

}  // namespace

bool ReadFeature(std::string_view feature, ValueList* list) {
  *list = {};
  return ForEachField(feature, [&](const MessageField& field) {
    if (field.type == WireType::kBytes && field.number >= 1 && field.number <= 3)
      *list = {static_cast<ListKind>(field.number), field.bytes};
    return true;
  });
}

int64_t CountValues(const ValueList& list) {
  int64_t count = 0;
  const bool sound = ForEachValues(list, [&](const MessageField& field) {
    const int64_t more = CountIn(list.kind, field);
    count += more;
    return more >= 0;
  });
  return sound ? count : -1;
}

bool CopyValues(const ValueList& list, void* out) {
  switch (list.kind) {
    case ListKind::kStrings:
      return ForEachValues(list, [at = static_cast<std::string*>(out)](const MessageField& field) mutable {
        return (at++)->assign(field.bytes), true;
      });
    case ListKind::kFloats:
      return ForEachValues(list, [at = static_cast<char*>(out)](const MessageField& field) mutable {
        std::memcpy(at, field.bytes.data(), field.bytes.size());
        return at += field.bytes.size(), true;
      });
    case ListKind::kInts:
      return ForEachValues(list, [at = static_cast<int64_t*>(out)](const MessageField& field) mutable {
        return CopyInts(field, &at);
      });
    case ListKind::kNone: return true;
  }
  return false;
}

}  // namespace weir::io
