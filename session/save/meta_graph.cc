#include "weir/session/save/meta_graph.h"

#include <algorithm>

#include "weir/graph/builder.h"
#include "weir/graph/export.h"
#include "weir/ops/model/collections.h"
#include "weir/session/save/save_nodes.h"

namespace weir {

namespace {

// Whether the file's own saver knows all variables that a saver of ours would save.
bool IsComplete(const MetaGraph& meta, const std::vector<SavedVariable>& variables) {
  return meta.saver && !meta.saver->restore_op.empty() &&
         std::all_of(variables.begin(), variables.end(), [](const SavedVariable& v) { return v.required; });
}

}  // namespace

Status SaveMetaGraph(Builder& b, const std::string& path, const SaveMetaGraphOptions& options) {
  WEIR_ASSIGN_OR_RETURN(MetaGraph meta, MetaGraphOf(b));
  WEIR_ASSIGN_OR_RETURN(Graph g, StrippedGraph(b.graph(), options.clear_devices, options.strip_default_attrs));
  if (options.saver) {
    WEIR_ASSIGN_OR_RETURN(const std::vector<SavedVariable> variables, CheckpointMap(g));
    if (!variables.empty() && !IsComplete(meta, variables)) {
      WEIR_ASSIGN_OR_RETURN(meta.saver, AddSaveNodes(g, variables));
    }
  }
  return SaveMetaGraph(g, meta, path);
}

}  // namespace weir
