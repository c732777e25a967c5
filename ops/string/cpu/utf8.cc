#include "weir/ops/string/cpu/utf8.h"

namespace weir {

char32_t TakeCharacter(std::string_view* text) {
  const auto first = static_cast<unsigned char>(text->front());
  text->remove_prefix(1);
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return kNoCharacter;
  const int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  char32_t c = first & (0x3fu >> more);
  // What the second byte must be: neither a character in more bytes than it takes, nor half of a pair, nor too large.
  unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  for (int i = 0; i < more; ++i) {
    const unsigned next = text->empty() ? 0 : static_cast<unsigned char>(text->front());
    if (next < low || next > high) return kNoCharacter;
    c = c << 6 | (next & 0x3f);
    text->remove_prefix(1);
    low = 0x80, high = 0xbf;
  }
  return c;
}

void PutCharacter(char32_t c, std::string* text) {
  auto put = [&](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c == kNoCharacter) c = kReplacement;
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  put((0xf00u >> (more + 1) & 0xffu) | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) put(0x80 | (c >> (6 * i) & 0x3f));
}

}  // namespace weir
