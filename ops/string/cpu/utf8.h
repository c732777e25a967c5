// Characters of texts in UTF-8 that may be none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

inline constexpr char32_t kReplacement = 0xfffd;

// Takes a character off the front of what is not empty. kReplacement stands for bytes that are none: for each longest
// beginning of a character that the next byte does not continue, as Unicode advises.
char32_t TakeCharacter(std::string_view* text);
void PutCharacter(char32_t c, std::string* text);

}  // namespace weir
