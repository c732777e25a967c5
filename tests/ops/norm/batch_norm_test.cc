// Rows of FusedBatchNorm and its gradient op, in three versions.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BatchNormRows() {
  std::vector<OpRow> rows;
  for (const char* v : {"", "V2", "V3"}) {
    std::string name = std::string("FusedBatchNorm") + v;
    In scale({4}, 0.5, 2), offset({4}), mean({4}), variance({4}, 0.5, 2);
    if (*v) {
      for (In* in : {&scale, &offset, &mean, &variance}) *in = Floats({4}, {0.6f, 1.2f, 0.9f, 1.7f});
    }
    const In x({2, 3, 2, 4}), none = Floats({0}, {});
    rows.push_back(OnlyFirstOutput(
        ByConvention({3, 4}, {name, {x, scale, offset, mean, variance}, {{"is_training", false}}})));
    rows.push_back(OnlyFirstOutput(Rough(4, {name, {x, scale, offset, none, none}, {{"is_training", true}}})));
    std::vector<In> grad = {x, x, scale, mean, variance};
    if (*v && v[1] == '3') grad.push_back(none);
    name = std::string("FusedBatchNormGrad") + v;
    rows.push_back(ByConvention({1, 2, 3, 4, 5}, {name, grad, {{"is_training", false}}}));
  }
  return rows;
}

}  // namespace weir::testing
