// Which characters have another case, as case_tables.cc, which a script makes, tells.
#pragma once

#include <cstdint>
#include <span>

namespace weir {

// Characters from `first` to `last`, `step` apart: the other case of each lies `delta` further.
struct CaseRun {
  char32_t first, last;
  int32_t step, delta;
};
// A character whose other case is several ones, in UTF-8.
struct CaseText {
  char32_t character;
  const char* text;
};
struct CharacterRange {
  char32_t first, last;
};

// Growing, as all tables here.
struct CaseTable {
  std::span<const CaseRun> runs;
  std::span<const CaseText> texts;
};
extern const CaseTable kLowerCase, kUpperCase;

// What decides which lower case a Greek sigma has: cased characters, and those that are passed over in looking for one.
extern const std::span<const CharacterRange> kCasedCharacters, kCaseIgnorable;

}  // namespace weir
