// From MetaGraph to MetaGraphDef, all but the graph. The inverse of import_meta.h. Internal to export.
#pragma once

#include "weir/graph/import.h"

namespace weir::pb {
class MetaGraphDef;
}  // namespace weir::pb

namespace weir {

void MetaToWire(const MetaGraph& m, pb::MetaGraphDef* p);

}  // namespace weir
