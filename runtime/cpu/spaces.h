// White space as TensorFlow's ops on strings see it: that of ASCII, whatever the locale.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

inline bool IsSpace(char ch) { return ch == ' ' || (ch >= '\t' && ch <= '\r'); }

// The first place from `at` on that has none; the text's length where there is none such.
inline size_t SkipSpaces(std::string_view text, size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

}  // namespace weir
