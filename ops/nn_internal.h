// Gradients of the softmax family, declared for ops/nn.cc. Not a public header.
#pragma once

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

}  // namespace weir
