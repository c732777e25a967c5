// Gradients of the reduction family, declared for ops/reduce/reduce.cc. Not a public header.
#pragma once

#include "weir/graph/gradients.h"

namespace weir {

Status SumGrad(GradContext& c);
Status MeanGrad(GradContext& c);
Status ProdGrad(GradContext& c);
Status ExtremeGrad(GradContext& c);  // Min, Max
Status EuclideanNormGrad(GradContext& c);
Status CumsumGrad(GradContext& c);
Status CumprodGrad(GradContext& c);
Status SegmentSumGrad(GradContext& c);
Status UnsortedSegmentSumGrad(GradContext& c);
Status SegmentProdGrad(GradContext& c);
Status UnsortedSegmentProdGrad(GradContext& c);
// What each row of the data has from the gradient by its segment; zeros for dropped rows.
Output SegmentRows(GradContext& c);

}  // namespace weir
