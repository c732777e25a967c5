// The rows of the linalg family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MatMulRows();  // matmul_test.cc

std::vector<OpRow> LinalgRows() { return Joined({MatMulRows()}); }

}  // namespace weir::testing
