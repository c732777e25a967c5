// Ops on sequences.
#include "weir/ops/registry.h"

namespace weir {

void RegisterCudnnRnnOps(OpRegistry& r);     // cudnn_rnn.cc: CudnnRNN and its gradients
void RegisterCudnnParamsOps(OpRegistry& r);  // cudnn_params.cc: their weights, in one vector and apart
void RegisterLstmBlockOps(OpRegistry& r);    // lstm_block.cc: LSTMBlockCell, BlockLSTM
void RegisterGruBlockOps(OpRegistry& r);     // gru_block.cc: GRUBlockCell
void RegisterCtcOps(OpRegistry& r);          // ctc.cc: CTCLoss and decoders

void RegisterSequenceOps(OpRegistry& r) {
  RegisterCudnnRnnOps(r);
  RegisterCudnnParamsOps(r);
  RegisterLstmBlockOps(r);
  RegisterGruBlockOps(r);
  RegisterCtcOps(r);
}

}  // namespace weir
