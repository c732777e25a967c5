// From the wire to values: shapes, tensors, attributes. What is malformed is refused here, with a phrase that goes on
// after the node's name ("has a tensor whose …"); no memory is taken before sizes are checked.
//
// A tensor of a dtype that Weir does not compute with (resource, variant) is kept opaque: its
// buffer holds the message's bytes, so that a graph can be saved again as it was.
#pragma once

#include "weir/graph/base/attr.h"

namespace weir::pb {
class AttrValue;
class TensorProto;
class TensorShapeProto;
}  // namespace weir::pb

namespace weir {

// kInvalid for a number that is no element type.
DType DTypeFromWire(int number);
Result<PartialShape> ShapeFromWire(const pb::TensorShapeProto& p);
Result<Tensor> TensorFromWire(const pb::TensorProto& p);
Result<AttrValue> AttrFromWire(const pb::AttrValue& p);
// Whether `p` says more than an AttrValue holds: unknown fields, names of dimensions.
bool SaysMore(const pb::AttrValue& p);

}  // namespace weir
