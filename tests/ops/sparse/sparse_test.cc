// The rows of the sparse family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseOrderRows();    // order_test.cc
std::vector<OpRow> SparseSlicesRows();   // slices_test.cc
std::vector<OpRow> SparseRowsRows();     // rows_test.cc
std::vector<OpRow> SparseProductRows();  // product_test.cc
std::vector<OpRow> SparseDenseRows();    // dense_test.cc
std::vector<OpRow> SparseSumRows();      // sum_test.cc
std::vector<OpRow> SparseReduceRows();   // reduce_test.cc
std::vector<OpRow> EditDistanceRows();   // edit_distance_test.cc
std::vector<OpRow> SetRows();            // sets_test.cc

std::vector<OpRow> SparseRows() {
  return Joined({SparseOrderRows(), SparseSlicesRows(), SparseRowsRows(), SparseProductRows(), SparseDenseRows(),
                 SparseSumRows(), SparseReduceRows(), EditDistanceRows(), SetRows()});
}

}  // namespace weir::testing
