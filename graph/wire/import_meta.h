// From MetaGraphDef to MetaGraph: collections, signatures, the saver. Internal to import.
#pragma once

#include "weir/graph/import.h"

namespace weir::pb {
class MetaGraphDef;
class SavedModel;
}  // namespace weir::pb

namespace weir {

MetaGraph MetaFromWire(const pb::MetaGraphDef& p);
// The meta graph with these tags. Errors list the tags that there are.
Result<pb::MetaGraphDef*> ChooseMetaGraph(pb::SavedModel& p, const LoadOptions& options);

}  // namespace weir
