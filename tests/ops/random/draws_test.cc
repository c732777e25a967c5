// Rows of random numbers and RandomShuffle.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> DrawRows() {
  return {
      Swept("dtype", {"RandomUniform", {Ints({40, 3})}, {{"seed", 1}, {"seed2", 2}}}),
      Swept("dtype", {"RandomStandardNormal", {Ints({40, 3})}, {{"seed", 1}, {"seed2", 2}}}),
      Swept("dtype", {"TruncatedNormal", {Ints({40, 3})}, {{"seed", 1}, {"seed2", 2}}}),
      {"RandomUniformInt", {Ints({40, 3}), Elements({}, {-3}), Elements({}, {9})}, {{"seed", 1}, {"seed2", 2}}},
      Swept("dtype", {"RandomUniform", {Ints({0, 3})}, {{"seed", 1}}}),
      Swept("dtype", {"RandomStandardNormal", {Ints({0, 3})}, {{"seed", 1}}}),
      Swept("dtype", {"TruncatedNormal", {Ints({0, 3})}, {{"seed", 1}}}),
      {"RandomUniformInt", {Ints({0}), Elements({}, {-3}), Elements({}, {9})}, {{"seed", 1}}},
      {"RandomShuffle", {{9, 2}}, {{"seed", 1}, {"seed2", 2}}},
  };
}

}  // namespace weir::testing
