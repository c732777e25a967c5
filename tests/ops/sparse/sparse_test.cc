// The rows of the sparse family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseOrderRows();    // order_test.cc
std::vector<OpRow> SparseSlicesRows();   // slices_test.cc
std::vector<OpRow> SparseRowsRows();     // rows_test.cc
std::vector<OpRow> SparseProductRows();  // product_test.cc
std::vector<OpRow> SparseDenseRows();    // dense_test.cc
std::vector<OpRow> SetRows();            // sets_test.cc

std::vector<OpRow> SparseRows() {
  return Joined({SparseOrderRows(), SparseSlicesRows(), SparseRowsRows(), SparseProductRows(), SparseDenseRows(),
                 SetRows()});
}

}  // namespace weir::testing
