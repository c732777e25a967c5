// Complex numbers as text: "1.5-2j" of their parts' texts, and back.
#pragma once

#include <string>
#include <string_view>

namespace weir {

struct ComplexText {
  std::string_view real, imag;
};

inline std::string JoinComplex(const std::string& real, const std::string& imag) {
  return real + (imag.starts_with('-') ? "" : "+") + imag + "j";
}

// The parts' texts, the imaginary one without a plus; "0" for the one that "2j" or "3" leaves out. What is no number
// has a part that is none.
inline ComplexText SplitComplex(std::string_view text) {
  if (text.empty() || text.back() != 'j') return {text, "0"};
  text.remove_suffix(1);
  size_t sign = text.size();  // of the imaginary part: the last sign that is no exponent's
  while (sign > 0) {
    const char c = text[--sign];
    if ((c == '+' || c == '-') && (sign == 0 || (text[sign - 1] | 0x20) != 'e')) break;
  }
  std::string_view imag = text.substr(sign);
  if (imag.starts_with('+')) imag.remove_prefix(1);
  return {sign == 0 ? "0" : text.substr(0, sign), imag};
}

}  // namespace weir
