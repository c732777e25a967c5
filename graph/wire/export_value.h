// From values to the wire: shapes, tensors, attributes. The inverse of import_value.h; each value has one form, so that
// exporting what was imported is stable.
#pragma once

#include "weir/graph/base/attr.h"

namespace weir::pb {
class AttrValue;
class TensorProto;
class TensorShapeProto;
}  // namespace weir::pb

namespace weir {

void ShapeToWire(const PartialShape& shape, pb::TensorShapeProto* p);
// One element, or all of them equal: one value in the dtype's field; else raw content.
void TensorToWire(const Tensor& t, pb::TensorProto* p);
void AttrToWire(const AttrValue& v, pb::AttrValue* p);

}  // namespace weir
