// FillDefaults: every attribute of a registered op becomes explicit, so that kernels see complete attributes.
#include "weir/graph/pass.h"

namespace weir {

Result<bool> FillDefaults(Graph& g, PassContext&) {
  bool changed = false;
  for (NodeId id : g.nodes()) {
    const OpDef* def = g.node(id).def();
    if (!def) continue;
    for (const AttrDef& a : def->attrs()) {
      if (!a.default_value || g.node(id).attrs().count(a.name)) continue;
      g.SetAttr(id, a.name, *a.default_value);
      changed = true;
    }
  }
  return changed;
}

}  // namespace weir
