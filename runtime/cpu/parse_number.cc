#include "weir/runtime/cpu/parse_number.h"

#include <locale.h>

#include <charconv>
#include <cstdlib>
#include <type_traits>

#include "weir/runtime/cpu/spaces.h"

namespace weir::kernels {

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

template bool ParseNumber(const std::string&, float*);
template bool ParseNumber(const std::string&, double*);
template bool ParseNumber(const std::string&, int32_t*);
template bool ParseNumber(const std::string&, int64_t*);
template bool ParseNumber(const std::string&, uint32_t*);
template bool ParseNumber(const std::string&, uint64_t*);

}  // namespace weir::kernels
