// Rows of candidate samplers.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> CandidateRows() {
  return {
      {"LogUniformCandidateSampler", {In(Tensor::Of<int64_t>({2, 2}, {0, 5, 9, 2}))},
       {{"num_true", 2}, {"num_sampled", 7}, {"unique", true}, {"range_max", 30}, {"seed", 1}}},
      {"LogUniformCandidateSampler", {In(Tensor::Of<int64_t>({0, 2}, {}))},
       {{"num_true", 2}, {"num_sampled", 3}, {"unique", false}, {"range_max", 30}, {"seed", 1}}},
      {"UniformCandidateSampler", {In(Tensor::Of<int64_t>({0, 2}, {}))},
       {{"num_true", 2}, {"num_sampled", 3}, {"unique", true}, {"range_max", 30}, {"seed", 1}}},
      {"UniformCandidateSampler", {In(Tensor::Of<int64_t>({2, 2}, {0, 5, 9, 2}))},
       {{"num_true", 2}, {"num_sampled", 7}, {"unique", false}, {"range_max", 30}, {"seed", 1}}},
  };
}

}  // namespace weir::testing
