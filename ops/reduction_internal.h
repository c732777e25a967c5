// Gradients of the reduction family, declared for ops/reduction.cc. Not a public header.
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

}  // namespace weir
