// Softmax, cross-entropies, bias, top-k, L2Loss, pretended quantisation: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterSoftmaxOps(OpRegistry& r);       // softmax.cc
void RegisterCrossEntropyOps(OpRegistry& r);  // cross_entropy.cc
void RegisterBiasOps(OpRegistry& r);          // bias.cc
void RegisterTopKOps(OpRegistry& r);          // topk.cc
void RegisterL2LossOps(OpRegistry& r);        // l2_loss.cc
void RegisterFakeQuantOps(OpRegistry& r);     // fake_quant.cc

void RegisterNnOps(OpRegistry& r) {
  RegisterSoftmaxOps(r);
  RegisterCrossEntropyOps(r);
  RegisterBiasOps(r);
  RegisterTopKOps(r);
  RegisterL2LossOps(r);
  RegisterFakeQuantOps(r);
}

}  // namespace weir
