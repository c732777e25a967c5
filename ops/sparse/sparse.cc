// Ops on sparse tensors, each given by its parts: the positions of its elements [n, rank], their values [n], and its
// shape [rank]. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterSparseOrderOps(OpRegistry& r);    // order.cc: SparseReorder, SparseReshape
void RegisterSparseSlicesOps(OpRegistry& r);   // slices.cc: SparseSlice and its gradient, SparseConcat, SparseSplit
void RegisterSparseRowsOps(OpRegistry& r);     // rows.cc: SparseFillEmptyRows and its gradient
void RegisterSparseProductOps(OpRegistry& r);  // product.cc: SparseTensorDenseMatMul
void RegisterSparseDenseOps(OpRegistry& r);    // dense.cc: SparseTensorDenseAdd, SparseDenseCwiseMul, …Div, …Add
void RegisterSparseSumOps(OpRegistry& r);           // sum.cc: SparseAdd and its gradient
void RegisterSparseReduceOps(OpRegistry& r);        // reduce.cc: SparseReduceSum, …Max, SparseSoftmax
void RegisterSparseEditDistanceOps(OpRegistry& r);  // edit_distance.cc
void RegisterSparseSetsOps(OpRegistry& r);     // sets.cc: DenseToDenseSetOperation and its other forms, SetSize

void RegisterSparseOps(OpRegistry& r) {
  RegisterSparseOrderOps(r);
  RegisterSparseSlicesOps(r);
  RegisterSparseRowsOps(r);
  RegisterSparseProductOps(r);
  RegisterSparseDenseOps(r);
  RegisterSparseSumOps(r);
  RegisterSparseReduceOps(r);
  RegisterSparseEditDistanceOps(r);
  RegisterSparseSetsOps(r);
}

}  // namespace weir
