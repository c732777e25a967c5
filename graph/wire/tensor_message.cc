// Tensors out of bytes, for kernels: see graph/base/tensor_message.h.
#include "weir/graph/base/tensor_message.h"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <climits>

#include "weir/graph/wire/import_value.h"
#include "weir/proto/graph.pb.h"

namespace weir {

namespace {

Result<Tensor> ParseTensorBytes(std::string_view bytes) {
  google::protobuf::LogSilencer silence;
  pb::TensorProto p;
  if (bytes.size() > INT_MAX || !p.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return InvalidArgument(fmt::format("is given {} bytes that are no TensorProto", bytes.size()));
  return TensorFromWire(p);
}

}  // namespace

WEIR_DEPS_TABLE(TensorMessages, weir_tensor_messages) = {&ParseTensorBytes};

}  // namespace weir
