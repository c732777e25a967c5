// Code points, their cases and classes; see regex_parse.h.
#include <locale.h>
#include <wctype.h>

#include <algorithm>

#include "weir/ops/kernels/regex_parse.h"

namespace weir {

std::string_view PosixRanges(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"alnum", "09AZaz"},
      {"alpha", "AZaz"},
      {"blank", "\t\t  "},
      {"cntrl", std::string_view("\0\x1f\x7f\x7f", 4)},
      {"ascii", std::string_view("\0\x7f", 2)},
      {"digit", "09"},
      {"graph", "!~"},
      {"lower", "az"},
      {"print", " ~"},
      {"punct", "!/:@[`{~"},
      {"space", "\t\r  "},
      {"upper", "AZ"},
      {"word", "09AZ__az"},
      {"xdigit", "09AFaf"}};
  for (const auto& [key, ranges] : kNames) {
    if (key == name) return ranges;
  }
  return "";
}

void AppendPairs(std::string_view pairs, bool negated, RuneRanges* out) {
  int32_t from = 0;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    auto first = static_cast<unsigned char>(pairs[i]), last = static_cast<unsigned char>(pairs[i + 1]);
    if (!negated) out->push_back({first, last});
    if (negated && from < first) out->push_back({from, first - 1});
    from = last + 1;
  }
  if (negated) out->push_back({from, kMaxRune});
}

void MergeRanges(RuneRanges* ranges) {
  std::sort(ranges->begin(), ranges->end());
  size_t n = 0;
  for (auto r : *ranges) {
    if (n > 0 && r.first <= (*ranges)[n - 1].second + 1)
      (*ranges)[n - 1].second = std::max((*ranges)[n - 1].second, r.second);
    else (*ranges)[n++] = r;
  }
  ranges->resize(n);
}

void FoldRanges(RuneRanges* ranges, int64_t* looked_at) {
  MergeRanges(ranges);
  for (size_t i = 0, n = ranges->size(); i < n; ++i) {
    auto [first, last] = (*ranges)[i];
    last = std::min(last, 0x1E943);  // no letter above has two cases
    for (int32_t r = first; r <= last && ++*looked_at < kMaxFolded; ++r) {
      if (int32_t f = FoldRune(r); f != r) ranges->push_back({f, f});
    }
  }
}

bool Regex::Class::Has(int32_t rune) const {
  auto in = [&](int32_t r) {
    auto after =
        std::upper_bound(ranges.begin(), ranges.end(), r, [](int32_t x, const auto& range) { return x < range.first; });
    return after != ranges.begin() && r <= std::prev(after)->second;
  };
  return (in(rune) || (fold && in(FoldRune(rune)))) != negated;
}

int32_t NextRune(std::string_view text, size_t* at) {
  auto byte = [&](size_t i) { return static_cast<int32_t>(static_cast<unsigned char>(text[*at + i])); };
  int32_t first = byte(0);
  int length = first < 0x80                    ? 1
               : first >= 0xC2 && first < 0xE0 ? 2
               : first >= 0xE0 && first < 0xF0 ? 3
               : first >= 0xF0 && first < 0xF5 ? 4
                                               : 0;
  int32_t rune = length == 1 ? first : first & (0x7F >> length);
  bool sound = length > 0 && *at + static_cast<size_t>(length) <= text.size();
  for (int i = 1; sound && i < length; ++i) {
    sound = (byte(static_cast<size_t>(i)) & 0xC0) == 0x80;
    rune = rune << 6 | (byte(static_cast<size_t>(i)) & 0x3F);
  }
  sound &= length < 3 || rune >= (length == 3 ? 0x800 : 0x10000);
  if (!sound || rune > kMaxRune) return ++*at, -1;
  *at += static_cast<size_t>(length);
  return rune;
}

int32_t FoldRune(int32_t rune) {
  if (rune < 0x80) return rune >= 'A' && rune <= 'Z' ? rune + 32 : rune;
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);  // not the program's own
  if (!unicode) return rune;
  return static_cast<int32_t>(towlower_l(towupper_l(static_cast<wint_t>(rune), unicode), unicode));
}

}  // namespace weir
