// Characters of texts in UTF-8 that may be none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

inline constexpr char32_t kReplacement = 0xfffd, kNoCharacter = 0xffffffff;

inline bool IsSurrogate(char32_t c) { return c >= 0xd800 && c < 0xe000; }

// Takes a character off the front of what is not empty. kNoCharacter stands for bytes that are none: for each longest
// beginning of a character that the next byte does not continue, as Unicode advises.
char32_t TakeCharacter(std::string_view* text);
// Adds a character; kReplacement for kNoCharacter.
void PutCharacter(char32_t c, std::string* text);

}  // namespace weir
