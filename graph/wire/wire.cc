#include "weir/graph/wire/wire.h"

namespace weir::wire {

WEIR_DEPS_TABLE(Wire, weir_wire) = {&ImportGraphDef,     &ImportGraphDefText, &LoadGraphs,
                                    &ExportGraphDef,     &ExportGraphDefText, &ExportMetaGraph,
                                    &ExportSavedModel,   &ParseQueueRunner,   &QueueRunnerBytes};

}  // namespace weir::wire
