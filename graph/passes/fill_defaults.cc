// FillDefaults: every attribute of a registered op becomes explicit, so that kernels see complete attributes; those
// that the op does not have, which a newer producer wrote, go. A node whose op tells its name gets that for one, before
// it may be called otherwise.
#include "weir/graph/pass.h"
#include "weir/graph/verify.h"

namespace weir {

Result<bool> FillDefaults(Graph& g, PassContext&) {
  bool changed = false;
  for (NodeId id : g.nodes()) {
    const OpDef* def = g.node(id).def();
    if (!def) continue;
    if (auto unknown = UnknownAttrs(g.node(id)); !unknown.empty()) {
      AttrMap attrs = g.node(id).attrs();
      for (const std::string& name : unknown) attrs.erase(name);
      WEIR_RETURN_IF_ERROR(g.SetOp(id, g.node(id).op(), std::move(attrs)));
      changed = true;
    }
    if (def->tells_its_name() && !g.node(id).attrs().count(kNodeName)) {
      WEIR_RETURN_IF_ERROR(g.SetAttr(id, kNodeName, g.node(id).name()));
      changed = true;
    }
    for (const AttrDef& a : def->attrs()) {
      if (!a.default_value || g.node(id).attrs().count(a.name)) continue;
      WEIR_RETURN_IF_ERROR(g.SetAttr(id, a.name, *a.default_value));
      changed = true;
    }
  }
  return changed;
}

}  // namespace weir
