// Kernel of UnicodeTranscode: encodings that need no tables.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/string/cpu/texts.h"
#include "weir/ops/string/cpu/utf8.h"

namespace weir {

namespace {

// Characters of `bytes` bytes each, by UTF-16's pairs where these are 2; of one byte those below `end`.
struct Encoding {
  bool utf8 = false, marked = false, little = false;
  size_t bytes = 1;
  char32_t end = 0x110000;
};

// Names are told apart by letters and digits alone.
Result<Encoding> FindEncoding(const std::string& name) {
  std::string plain;
  for (char c : name) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) plain += c;
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c + 32);
  }
  if (plain == "utf8") return Encoding{.utf8 = true};
  if (plain == "usascii" || plain == "ascii") return Encoding{.end = 0x80};
  if (plain == "iso88591" || plain == "latin1") return Encoding{.end = 0x100};
  for (size_t bytes : {2u, 4u}) {
    const std::string wide = bytes == 2 ? "utf16" : "utf32";
    if (plain == wide) return Encoding{.marked = true, .bytes = bytes};
    if (plain == wide + "be") return Encoding{.bytes = bytes};
    if (plain == wide + "le") return Encoding{.little = true, .bytes = bytes};
  }
  return InvalidArgument(fmt::format("cannot read texts in the encoding '{:.100}'", name))
      .Help("there are UTF-8, UTF-16, UTF-32 (also -BE, -LE), US-ASCII and ISO-8859-1");
}

// Takes a number off the front; kNoCharacter for what is left where that is too short.
char32_t TakeUnit(const Encoding& e, std::string_view* text) {
  const std::string_view unit = text->substr(0, e.bytes);
  text->remove_prefix(unit.size());
  if (unit.size() < e.bytes) return kNoCharacter;
  char32_t value = 0;
  for (size_t i = 0; i < e.bytes; ++i)
    value = value << 8 | static_cast<unsigned char>(unit[e.little ? e.bytes - 1 - i : i]);
  return value;
}

char32_t TakeEncoded(const Encoding& e, std::string_view* text) {
  if (e.utf8) return TakeCharacter(text);
  const char32_t c = TakeUnit(e, text);
  if (c >= e.end || !IsSurrogate(c)) return c < e.end ? c : kNoCharacter;
  if (e.bytes != 2 || c >= 0xdc00) return kNoCharacter;
  std::string_view rest = *text;
  const char32_t low = rest.empty() ? kNoCharacter : TakeUnit(e, &rest);
  if (rest.empty() && low == kNoCharacter) *text = rest;  // half a pair, cut off, is one flaw
  if (low < 0xdc00 || !IsSurrogate(low)) return kNoCharacter;
  *text = rest;
  return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

// Takes the mark off that tells the order of bytes.
void TakeMark(Encoding* e, std::string_view* text) {
  std::string_view rest = *text;
  const char32_t first = e->marked ? TakeUnit(*e, &rest) : kNoCharacter;
  e->little = e->little || first == (e->bytes == 2 ? 0xfffeu : 0xfffe0000u);
  if (first == 0xfeff || (e->marked && e->little)) *text = rest;
}

void PutBytes(char32_t value, int bytes, std::string* out) {
  for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(value >> (8 * i)));
}

void PutEncoded(size_t bytes, char32_t c, std::string* out) {
  if (bytes == 1) return PutCharacter(c, out);
  if (bytes == 4 || c < 0x10000) return PutBytes(c, static_cast<int>(bytes), out);
  PutBytes(0xd800 + ((c - 0x10000) >> 10), 2, out);
  PutBytes(0xdc00 + ((c - 0x10000) & 0x3ff), 2, out);
}

Status PrepareTranscode(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Encoding from, FindEncoding(c.attr<std::string>("input_encoding")));
  const auto to = c.attr<std::string>("output_encoding"), errors = c.attr<std::string>("errors");
  const auto number = c.attr<int64_t>("replacement_char");
  if (number < 0 || number >= 0x110000)
    return InvalidArgument(fmt::format("has replacement_char {}, which is no character", number));
  const auto given = static_cast<char32_t>(number);
  const char32_t replacement = IsSurrogate(given) ? kReplacement : given;
  const size_t bytes = to == "UTF-8" ? 1 : to == "UTF-16-BE" ? 2 : 4;
  const char32_t least = c.attr<bool>("replace_control_characters") ? 0x20 : 0;
  return SetTextMap<std::string>(c, [=](std::string_view text, std::string* out) -> Status {
    Encoding encoding = from;
    TakeMark(&encoding, &text);
    out->clear();
    while (!text.empty()) {
      const char32_t ch = TakeEncoded(encoding, &text);
      const bool good = ch != kNoCharacter && ch >= least;
      if (!good && errors == "strict") return InvalidArgument("has a text with bytes that are no character");
      if (good || errors == "replace") PutEncoded(bytes, good ? ch : replacement, out);
    }
    return {};
  });
}

}  // namespace

void RegisterStringUnicodeKernels(KernelRegistry& r) { r.Add("UnicodeTranscode", PrepareTranscode); }

}  // namespace weir
