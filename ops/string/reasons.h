// Why ops on strings have no gradient.
#pragma once

namespace weir {

inline constexpr char kStrings[] = "strings have no derivative";

}  // namespace weir
