// Reads the bytes of an image file in every way that Weir has.
#pragma once

#include <string>
#include <string_view>

#include "weir/graph/base/status.h"

namespace weir::fuzz {

// Its size and pixels as text, or why there are none; whatever the other ways give must only not end the process.
Result<std::string> ReadImage(std::string_view bytes);

}  // namespace weir::fuzz
