// Tensors, shapes and dtypes from and to the wire, for all that stands on protobuf. What is malformed is refused here,
// with a phrase that goes on after a node's name ("has a tensor whose …"); no memory is taken before sizes are checked.
// Each value has one form, so that exporting what was imported is stable.
//
// A tensor of a dtype that Weir does not compute with (resource, variant) is kept opaque: its
// buffer holds the message's bytes, so that a graph can be saved again as it was.
#pragma once

#include <memory>
#include <vector>

#include "weir/graph/base/tensor.h"

namespace weir::pb {
class TensorProto;
class TensorShapeProto;
}  // namespace weir::pb

namespace weir {

// kInvalid for a number that is no element type.
DType DTypeFromWire(int number);
Result<PartialShape> ShapeFromWire(const pb::TensorShapeProto& p);
// Elements that were read apart from their message (graph/message_file.h).
using Contents = std::vector<std::shared_ptr<Buffer>>;
Result<Tensor> TensorFromWire(const pb::TensorProto& p, const Contents& contents = {});
// The message as it is in files, with its content. False: there is no such content.
bool RestoreContent(const Contents& contents, pb::TensorProto* p);

void ShapeToWire(const PartialShape& shape, pb::TensorShapeProto* p);
// The first `n` elements in the field of their dtype.
void ValuesToWire(const Tensor& t, int64_t n, pb::TensorProto* p);
// One element, or all of them equal: one value in the dtype's field; else raw content.
void TensorToWire(const Tensor& t, pb::TensorProto* p);

}  // namespace weir
