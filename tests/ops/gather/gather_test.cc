// The rows of the gather family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> AlongAxisRows();      // along_axis_test.cc
std::vector<OpRow> NdRows();             // nd_test.cc
std::vector<OpRow> TensorScatterRows();  // tensor_scatter_test.cc
std::vector<OpRow> PartitionRows();      // partition_test.cc
std::vector<OpRow> SparseToDenseRows();  // sparse_to_dense_test.cc
std::vector<OpRow> UniqueRows();         // unique_test.cc

std::vector<OpRow> GatherRows() {
  return Joined({AlongAxisRows(), NdRows(), TensorScatterRows(), PartitionRows(), SparseToDenseRows(),
                 UniqueRows()});
}

}  // namespace weir::testing
