// From the wire to attributes. What is malformed is refused here, with a phrase that goes on after the node's name.
// Internal to import.
#pragma once

#include "weir/graph/base/attr.h"
#include "weir/graph/message_file.h"

namespace weir::pb {
class AttrValue;
}  // namespace weir::pb

namespace weir {

// `contents`: what was read apart of the tensors in it (graph/message_file.h).
Result<AttrValue> AttrFromWire(const pb::AttrValue& p, const Contents& contents = {});
// Whether `p` says more than an AttrValue holds: unknown fields, names of dimensions.
bool SaysMore(const pb::AttrValue& p);

}  // namespace weir
