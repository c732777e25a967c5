// The tensor that a serialized TensorProto holds: what of graph/wire (in libweir_deps.so, deps.h) kernels ask for.
#pragma once

#include <string_view>

#include "weir/graph/base/deps.h"
#include "weir/graph/base/tensor.h"

namespace weir {

struct TensorMessages {
  Result<Tensor> (*parse)(std::string_view bytes);
};

// Errors go on after the node's name: bytes that are no TensorProto or hold no tensor that can be. The tensor is opaque
// where its dtype has no form in files.
inline Result<Tensor> ParseTensorMessage(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const TensorMessages* messages, deps::Get<TensorMessages>("weir_tensor_messages"));
  return messages->parse(bytes);
}

}  // namespace weir
