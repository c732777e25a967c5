// The numbers that texts spell.
#pragma once

#include <locale.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "weir/ops/string/cpu/spaces.h"

namespace weir {

// Reads all of `text` but white space around it. What is out of a float's range becomes infinite or zero; an integer's
// is no number.
template <class T>
bool ParseNumber(const std::string& text, T* out) {
  const char *begin = text.data(), *end = begin + text.size();
  while (begin < end && IsSpace(*begin)) ++begin;
  while (begin < end && IsSpace(end[-1])) --end;
  if (begin == end) return false;
  if constexpr (std::is_floating_point_v<T>) {
    // Why a locale of its own: a program's setlocale must not change what "1.5" means.
    static const locale_t c_locale = newlocale(LC_ALL_MASK, "C", nullptr);
    std::string number(begin, end);
    char* stop = nullptr;
    if constexpr (std::is_same_v<T, float>) *out = strtof_l(number.c_str(), &stop, c_locale);
    else *out = strtod_l(number.c_str(), &stop, c_locale);
    return stop == number.c_str() + number.size();
  } else {
    if (*begin == '+' && begin + 1 < end && begin[1] != '-') ++begin;
    auto [stop, error] = std::from_chars(begin, end, *out);
    return error == std::errc() && stop == end;
  }
}

}  // namespace weir
