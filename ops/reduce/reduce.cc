// Reductions, searches, scans and segment folds: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterReductionOps(OpRegistry& r);  // reductions.cc
void RegisterArgOps(OpRegistry& r);        // arg.cc
void RegisterScanOps(OpRegistry& r);       // scan.cc
void RegisterSegmentOps(OpRegistry& r);    // segment.cc
void RegisterSparseSegmentOps(OpRegistry& r);  // sparse_segment.cc
void RegisterHistogramOps(OpRegistry& r);      // histogram.cc

void RegisterReduceOps(OpRegistry& r) {
  RegisterReductionOps(r);
  RegisterArgOps(r);
  RegisterScanOps(r);
  RegisterSegmentOps(r);
  RegisterSparseSegmentOps(r);
  RegisterHistogramOps(r);
}

}  // namespace weir
