// Ops on sequences.
#include "weir/ops/registry.h"

namespace weir {

void RegisterCudnnRnnOps(OpRegistry& r);     // cudnn_rnn.cc: CudnnRNN and its gradients
void RegisterCudnnParamsOps(OpRegistry& r);  // cudnn_params.cc: their weights, in one vector and apart

void RegisterSequenceOps(OpRegistry& r) {
  RegisterCudnnRnnOps(r);
  RegisterCudnnParamsOps(r);
}

}  // namespace weir
