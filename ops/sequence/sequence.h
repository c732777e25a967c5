// Building functions of the ops on sequences: connectionist temporal classification (CTC), labels without places in
// time.
#pragma once

#include "weir/ops/sparse/sparse.h"

namespace weir::ops {

struct CtcLossOptions {
  bool preprocess_collapse_repeated = false;       // labels that repeat the one before are left out
  bool ctc_merge_repeated = true;                  // classes that come several times running are one label
  bool ignore_longer_outputs_than_inputs = false;  // what has more labels than steps has loss 0, else it is an error
  std::string name = {};
};
// The connectionist temporal classification loss of each sequence, [batch]: -log of the probability that the classes of
// all steps, less repetitions and blanks, are the labels. inputs: logits [time,batch,classes], float or double, of
// which the last class is the blank; labels: sparse int32 [batch,…], ordered; sequence_length: int32 [batch]. Can be
// differentiated once, by the inputs. Errors while running: labels that are none, more labels than steps.
Output CtcLoss(Input inputs, const SparseParts& labels, Input sequence_length, const CtcLossOptions& options = {});

struct CtcDecoded {
  std::vector<SparseParts> decoded;  // int64 [batch, the most labels of a sequence]: one, or top_paths of them
  Output log_probability;            // like inputs, [batch,1] or [batch,top_paths]; the greedy decoder's: minus the
                                     // sum of the largest logits
};
struct CtcGreedyOptions {
  bool merge_repeated = true;
  int64_t blank_index = -1;  // negative: from the end
  std::string name = {};
};
// The likeliest class of each step, less repetitions and blanks. inputs [time,batch,classes], float or double.
CtcDecoded CtcGreedyDecoder(Input inputs, Input sequence_length, const CtcGreedyOptions& options = {});

struct CtcBeamSearchOptions {
  int64_t beam_width = 100, top_paths = 1;
  bool merge_repeated = true;  // equal labels running are one in what is given
  std::string name = {};
};
// The likeliest labels that a search with so many candidates at a time finds, from the likeliest on; the last class is
// the blank. Errors while running: fewer candidates than top_paths.
CtcDecoded CtcBeamSearchDecoder(Input inputs, Input sequence_length, const CtcBeamSearchOptions& options = {});

}  // namespace weir::ops
