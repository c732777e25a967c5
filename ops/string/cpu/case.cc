// Kernels of StringLower and StringUpper.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/string/cpu/case_tables.h"
#include "weir/ops/string/cpu/texts.h"
#include "weir/ops/string/cpu/utf8.h"

namespace weir {

namespace {

constexpr char32_t kSigma = 0x3a3, kFinalSigma = 0x3c2;

bool IsIn(std::span<const CharacterRange> ranges, char32_t c) {
  auto at = std::lower_bound(ranges.begin(), ranges.end(), c, [](const auto& r, char32_t c) { return r.last < c; });
  return at != ranges.end() && at->first <= c;
}

void PutInCase(const CaseTable& table, char32_t c, std::string* out) {
  auto text = std::lower_bound(table.texts.begin(), table.texts.end(), c,
                               [](const CaseText& t, char32_t c) { return t.character < c; });
  if (text != table.texts.end() && text->character == c) {
    *out += text->text;
    return;
  }
  auto run = std::lower_bound(table.runs.begin(), table.runs.end(), c,
                              [](const CaseRun& r, char32_t c) { return r.last < c; });
  const bool there = run != table.runs.end() && run->first <= c && (c - run->first) % unsigned(run->step) == 0;
  PutCharacter(there ? static_cast<char32_t>(static_cast<int32_t>(c) + run->delta) : c, out);
}

// Whether the first character that is not passed over is cased.
bool GoesOn(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = TakeCharacter(&text);
    if (!IsIn(kCaseIgnorable, c)) return IsIn(kCasedCharacters, c);
  }
  return false;
}

std::string InCase(const CaseTable& table, std::string_view text, bool lower) {
  std::string out;
  out.reserve(text.size());
  bool within = false;  // the last character that is not passed over was cased: this one is within a word
  while (!text.empty()) {
    const char32_t c = TakeCharacter(&text);
    if (lower && c == kSigma && within && !GoesOn(text)) PutCharacter(kFinalSigma, &out);
    else PutInCase(table, c, &out);
    if (lower && !IsIn(kCaseIgnorable, c)) within = IsIn(kCasedCharacters, c);
  }
  return out;
}

char InAsciiCase(char c, bool lower) {
  if (lower) return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

Status PrepareCase(PrepareContext& c, bool lower) {
  const auto encoding = c.attr<std::string>("encoding");
  if (!encoding.empty() && encoding != "utf-8")
    return InvalidArgument(fmt::format("cannot change the case of texts in the encoding '{:.100}'", encoding));
  return SetTextMap<std::string>(c, [lower, ascii = encoding.empty()](const std::string& text, std::string* out) {
    if (ascii) {
      *out = text;
      for (char& ch : *out) ch = InAsciiCase(ch, lower);
    } else {
      *out = InCase(lower ? kLowerCase : kUpperCase, text, lower);
    }
    return Status();
  });
}

}  // namespace

void RegisterStringCaseKernels(KernelRegistry& r) {
  r.Add("StringLower", [](PrepareContext& c) { return PrepareCase(c, true); });
  r.Add("StringUpper", [](PrepareContext& c) { return PrepareCase(c, false); });
}

}  // namespace weir
