// The rows of the norm family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BatchNormRows();  // batch_norm_test.cc
std::vector<OpRow> LrnRows();        // lrn_test.cc

std::vector<OpRow> NormRows() { return Joined({BatchNormRows(), LrnRows()}); }

}  // namespace weir::testing
