// From attributes to the wire. The inverse of import_value.h; each value has one form, so that exporting what was
// imported is stable. Internal to export.
#pragma once

#include "weir/graph/base/attr.h"

namespace weir::pb {
class AttrValue;
}  // namespace weir::pb

namespace weir {

void AttrToWire(const AttrValue& v, pb::AttrValue* p);

}  // namespace weir
