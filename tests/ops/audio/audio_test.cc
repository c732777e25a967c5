// The rows of the audio family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> WavRows();  // wav_test.cc

std::vector<OpRow> AudioRows() { return WavRows(); }

}  // namespace weir::testing
