// Rows of Multinomial and its stateless form.
#include <cmath>

#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MultinomialRows() {
  const AttrMap seeds{{"seed", 1}, {"seed2", 2}};
  const In odd = Floats({2, 3}, {-INFINITY, -INFINITY, -INFINITY, NAN, 1, INFINITY});
  std::vector<OpRow> rows;
  for (int32_t samples : {7, 4, 0}) {
    rows.push_back({"Multinomial", {{5, 4}, Int(samples)}, seeds});
    rows.push_back({"StatelessMultinomial", {{5, 4}, Int(samples), Longs({3, -4})}});
  }
  rows.push_back({"Multinomial", {odd, Int(3)}, {{"seed", 1}, {"output_dtype", kInt32}}});
  rows.push_back({"StatelessMultinomial", {odd, Int(3), Ints({3, -4})}});
  return rows;
}

}  // namespace weir::testing
