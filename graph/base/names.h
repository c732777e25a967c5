// Names of tensors: a node's name, and the number of the output after a colon.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// The node's part: "a/b" of "a/b:0", and of "a/b".
inline std::string NodeNameOf(std::string_view tensor) { return std::string(tensor.substr(0, tensor.rfind(':'))); }

}  // namespace weir
