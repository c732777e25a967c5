// The rows of the reduce family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ReductionRows();      // reductions_test.cc
std::vector<OpRow> ArgRows();            // arg_test.cc
std::vector<OpRow> ScanRows();           // scan_test.cc
std::vector<OpRow> SegmentRows();        // segment_test.cc
std::vector<OpRow> SparseSegmentRows();  // sparse_segment_test.cc
std::vector<OpRow> HistogramRows();      // histogram_test.cc

std::vector<OpRow> ReduceRows() {
  return Joined({ReductionRows(), ArgRows(), ScanRows(), SegmentRows(), SparseSegmentRows(),
                 HistogramRows()});
}

}  // namespace weir::testing
