// Numbers that texts spell, whatever the locale.
#pragma once

#include <cstdint>
#include <string>

namespace weir::kernels {

// Reads all of `text` but white space around it. What is out of a float's range becomes infinite or zero; an integer's
// is no number. T: float, double, int32, int64, uint32 or uint64.
template <class T>
bool ParseNumber(const std::string& text, T* out);

}  // namespace weir::kernels
