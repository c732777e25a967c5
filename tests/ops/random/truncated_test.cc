// Rows of ParameterizedTruncatedNormal.
#include <cmath>

#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TruncatedRows() {
  const AttrMap seeds{{"seed", 1}, {"seed2", 2}};
  auto row = [&](const In& shape, std::vector<double> means, double low, double high) {
    const In mean = Elements({static_cast<int64_t>(means.size())}, means);
    const std::vector<In> in{shape, mean, Elements({}, {1}), Elements({}, {low}), Elements({1}, {high})};
    return Swept("dtype", {"ParameterizedTruncatedNormal", in, seeds});
  };
  return {
      row(Ints({130}), {0}, -1.5, 2),      // rejected normal numbers, in two batches
      row(Ints({3, 5}), {0, 1, -0.5}, -1.5, 2),
      row(Ints({40}), {0}, 0.2, 0.5),      // even ones
      row(Longs({40}), {0}, 2, 7),         // a tail's
      row(Ints({40}), {0}, -INFINITY, -3),
      row(Ints({0, 3}), {0}, 1, -1),       // there are none to be refused
  };
}

}  // namespace weir::testing
