// Gradients of the softmax family, declared for ops/nn/nn.cc, and what its building functions share. Not a public header.
#pragma once

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"

namespace weir {

Status SoftmaxGrad(GradContext& c);
Status LogSoftmaxGrad(GradContext& c);
Status CrossEntropyGrad(GradContext& c);
Status SparseCrossEntropyGrad(GradContext& c);
Status BiasAddGradFn(GradContext& c);
Status BiasAddV1GradFn(GradContext& c);
Status BiasAddGradGrad(GradContext& c);
Status TopKGrad(GradContext& c);
Status L2LossGrad(GradContext& c);

// Fails the builder where dtypes tell that labels (integers) and logits (floats) each stand in the other's place.
bool AreSwapped(const Input& labels, const Input& logits, const char* function);

}  // namespace weir
