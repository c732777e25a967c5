// From a pattern to a program: see regex.h. Internal to it.
#pragma once

#include <utility>

#include "weir/ops/kernels/regex.h"

namespace weir {

Result<Regex::Program> ParseRegex(std::string_view pattern);

// ---- code points
inline constexpr int32_t kMaxRune = 0x10FFFF;

// The code point that begins at `text[*at]`, and moves behind it; -1 and one byte for what is no UTF-8.
int32_t NextRune(std::string_view text, size_t* at);
// The smallest of the letters that differ in case only, as far as one-to-one mappings tell.
int32_t FoldRune(int32_t rune);

// ---- classes
using RuneRanges = std::vector<std::pair<int32_t, int32_t>>;
inline constexpr int64_t kMaxFolded = 20'000'000;  // code points looked at: against patterns made to take long

// The ranges of an ASCII class ("alpha"), as pairs of characters; "" when there is none of this name.
std::string_view PosixRanges(std::string_view name);
// Appends ranges that are given as pairs of characters, or all that is outside of them.
void AppendPairs(std::string_view pairs, bool negated, RuneRanges* out);
// Sorts them, and joins those that touch.
void MergeRanges(RuneRanges* ranges);
// Adds the letters that stand for all of their cases, and to `looked_at` how many code points that took, up to kMaxFolded.
void FoldRanges(RuneRanges* ranges, int64_t* looked_at);

}  // namespace weir
