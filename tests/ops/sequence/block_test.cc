// Rows of the recurrent cells and layers that are one op.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BlockRows() {
  const AttrMap peephole{{"use_peephole", true}, {"cell_clip", 0.0}}, clipped{{"cell_clip", 0.3}, {"forget_bias", 0.5}};
  const In x({3, 2}), state({3, 2}, -1, 1), w({4, 8}, -1, 1), wc({2}, -1, 1), b({8}, -1, 1), gate({3, 2}, 0.1, 0.9);
  const std::vector<In> weights{w, wc, wc, wc, b};
  auto joined = [](std::vector<In> first, const std::vector<In>& more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
  };
  const std::vector<In> cell = joined({x, state, state}, weights);
  const std::vector<In> cell_grad = joined(cell, {gate, state, gate, gate, state, state, state, state});
  std::vector<OpRow> rows{
      {"LSTMBlockCell", cell},
      {"LSTMBlockCell", cell, peephole},
      ByConvention({0, 1, 2, 3, 4, 5, 6, 7}, {"LSTMBlockCell", cell, clipped}),
      {"LSTMBlockCellGrad", cell_grad, {{"use_peephole", false}}},
      {"LSTMBlockCellGrad", cell_grad, {{"use_peephole", true}}},
  };
  const In xs({4, 3, 2}), states({4, 3, 2}, -1, 1), gates({4, 3, 2}, 0.1, 0.9);
  for (const std::string version : {"", "V2"}) {
    for (int64_t steps : {4, 2, 0}) {
      const std::vector<In> block = joined({Long(steps), xs, state, state}, weights);
      const std::vector<In> given{gates, states, gates, gates, states, states, states, states, states};
      rows.push_back({"BlockLSTM" + version, block, {{"cell_clip", 0.0}}});
      rows.push_back({"BlockLSTM" + version, block, peephole});
      rows.push_back(OnlyOutputs({1, 6}, {"BlockLSTM" + version, block, peephole}));
      rows.push_back({"BlockLSTMGrad" + version, joined(block, given), {{"use_peephole", steps == 4}}});
    }
  }
  const In w_ru({4, 4}, -1, 1), w_c({4, 2}, -1, 1), b_ru({4}, -1, 1), b_c({2}, -1, 1);
  const std::vector<In> gru{x, state, w_ru, w_c, b_ru, b_c};
  rows.push_back({"GRUBlockCell", gru});
  rows.push_back({"GRUBlockCellGrad", joined(gru, {gate, gate, state, state})});
  return rows;
}

}  // namespace weir::testing
