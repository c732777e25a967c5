#include "weir/tests/fuzz/wire.h"

#include <algorithm>

namespace weir::fuzz {

namespace {

bool TakeVarint(std::string_view& in, uint64_t* out) {
  *out = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    *out |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

void PutVarint(uint64_t v, std::string* out) {
  for (; v >= 0x80; v >>= 7) out->push_back(static_cast<char>((v & 0x7f) | 0x80));
  out->push_back(static_cast<char>(v));
}

bool TakeBytes(std::string_view& in, uint64_t n, std::string* out) {
  if (n > in.size()) return false;
  out->assign(in.substr(0, n));
  in.remove_prefix(n);
  return true;
}

}  // namespace

std::optional<Message> ParseMessage(std::string_view in) {
  Message m;
  while (!in.empty()) {
    Field f;
    uint64_t tag = 0, length = 0;
    if (!TakeVarint(in, &tag) || (tag >> 3) == 0 || (tag >> 3) > (1u << 29)) return std::nullopt;
    f.number = static_cast<uint32_t>(tag >> 3), f.type = tag & 7;
    bool ok = f.type == 0   ? TakeVarint(in, &f.value)
              : f.type == 1 ? TakeBytes(in, 8, &f.bytes)
              : f.type == 2 ? TakeVarint(in, &length) && TakeBytes(in, length, &f.bytes)
              : f.type == 5 ? TakeBytes(in, 4, &f.bytes)
                            : false;
    if (!ok) return std::nullopt;
    m.push_back(std::move(f));
  }
  return m;
}

std::string Serialize(const Message& m) {
  std::string out;
  for (const Field& f : m) {
    PutVarint(uint64_t{f.number} << 3 | f.type, &out);
    if (f.type == 0) PutVarint(f.value, &out);
    if (f.type == 2) PutVarint(f.bytes.size(), &out);
    if (f.type != 0) out += f.bytes;
  }
  return out;
}

Field* FindField(Message& m, uint32_t number) {
  auto it = std::find_if(m.begin(), m.end(), [&](const Field& f) { return f.number == number; });
  return it == m.end() ? nullptr : &*it;
}
const Field* FindField(const Message& m, uint32_t number) { return FindField(const_cast<Message&>(m), number); }

std::string TextOf(const Message& m, uint32_t number) {
  const Field* f = FindField(m, number);
  return f ? f->bytes : "";
}

uint64_t WireMutator::Number() {
  static constexpr uint64_t kOdd[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      5,
                                      7,
                                      9,
                                      14,
                                      16,
                                      19,
                                      20,
                                      21,
                                      22,
                                      100,
                                      101,
                                      127,
                                      128,
                                      255,
                                      65536,
                                      INT32_MAX,
                                      uint64_t{1} << 31,
                                      uint64_t{1} << 40,
                                      INT64_MAX,
                                      uint64_t{1} << 63,
                                      ~uint64_t{0},
                                      ~uint64_t{0} - 1,
                                      (uint64_t{1} << 62) + 1};
  return Chance(0.6) ? Pick(24) : kOdd[Pick(std::size(kOdd))];
}

void WireMutator::Damage(std::string& bytes) {
  switch (Pick(bytes.empty() ? 2 : 6)) {
    case 0: bytes = words_.empty() ? "" : words_[Pick(words_.size())]; break;
    case 1: bytes.insert(Pick(bytes.size() + 1), 1 + Pick(8), static_cast<char>(Pick(256))); break;
    case 2: bytes.clear(); break;
    case 3: bytes.resize(Pick(bytes.size())); break;
    case 4: bytes[Pick(bytes.size())] ^= static_cast<char>(1 << Pick(8)); break;
    default: bytes[Pick(bytes.size())] = static_cast<char>(Pick(256)); break;
  }
}

void WireMutator::Retype(Field& f) {
  static constexpr uint8_t kTypes[] = {0, 1, 2, 5};
  f.type = kTypes[Pick(4)];
  f.value = Number();
  if (f.type == 1) f.bytes.resize(8);
  if (f.type == 5) f.bytes.resize(4);
}

void WireMutator::MutateField(Message& m) {
  const size_t i = Pick(m.size()), j = Pick(m.size());
  switch (Pick(9)) {
    case 0: m.erase(m.begin() + static_cast<std::ptrdiff_t>(i)); return;
    case 1: m.insert(m.begin() + static_cast<std::ptrdiff_t>(j), Field(m[i])); return;
    case 2: std::swap(m[i], m[j]); return;
    case 3: m[i].number = static_cast<uint32_t>(1 + Pick(Chance(0.9) ? 12 : 600)); return;
    case 4: Retype(m[i]); return;
    case 5:  // another's content
      m[i].type = m[j].type, m[i].value = m[j].value, m[i].bytes = m[j].bytes;
      return;
    default:
      if (m[i].type == 0) m[i].value = Number();
      else if (m[i].type == 2) Damage(m[i].bytes);
      else if (!m[i].bytes.empty()) m[i].bytes[Pick(m[i].bytes.size())] = static_cast<char>(Pick(256));
  }
}

void WireMutator::Mutate(std::string& bytes, int depth) {
  auto m = ParseMessage(bytes);
  if (!m || m->empty()) return Damage(bytes);
  Field& f = (*m)[Pick(m->size())];
  // Deep fields are most of a graph.
  if (f.type == 2 && depth < 12 && Chance(depth < 2 ? 0.9 : 0.7) && ParseMessage(f.bytes)) {
    Mutate(f.bytes, depth + 1);
  } else {
    MutateField(*m);
  }
  bytes = Serialize(*m);
}

}  // namespace weir::fuzz
