// Rows of partitions and stitches.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> PartitionRows() {
  return {
      ByConvention({2}, DataTellsShape({"DynamicStitch", {Ints({0, 2}), Ints({1, 3, 2}), {2, 3}, {3, 3}}, {}})),
      DataTellsShape({"ParallelDynamicStitch", {Ints({0, 2}), Ints({1, 3}), {2, 3}, {2, 3}}, {}}),
      DataTellsShape({"DynamicStitch", {Ints({}), {0, 3}}}),
      DataTellsShape({"ParallelDynamicStitch", {Ints({}), {0, 3}}}),
      DataTellsShape({"DynamicPartition", {{4, 3}, Ints({1, 0, 1, 2})}, {{"num_partitions", 3}}}),
  };
}

}  // namespace weir::testing
