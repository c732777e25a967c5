// How often this program has allocated: every malloc, calloc, realloc, aligned allocation and operator new of the
// process.
#pragma once

#include <cstdint>

namespace weir::bench {

int64_t MallocCount();

}  // namespace weir::bench
