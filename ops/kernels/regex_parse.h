// From a pattern to a program: see regex.h. Internal to it.
#pragma once

#include "weir/ops/kernels/regex.h"

namespace weir {

Result<Regex::Program> ParseRegex(std::string_view pattern);

// The code point that begins at `text[*at]`, and moves behind it; -1 and one byte for what is no UTF-8.
int32_t NextRune(std::string_view text, size_t* at);
// The smallest of the letters that differ in case only, as far as one-to-one mappings tell.
int32_t FoldRune(int32_t rune);

}  // namespace weir
