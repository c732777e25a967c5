// OrderEffects: two effects on one resource that nothing orders keep program order, by explicit control edges; later
// passes see only edges. Program order here is the topological order that prefers positions, so no edge can close a
// cycle.
//
// Between writes every earlier reader is tied to the next write and every later reader to the last one. Nodes that call
// functions count as writers of each resource they are given, since their bodies may write.
#include <algorithm>

#include "weir/graph/functions.h"
#include "weir/graph/pass.h"

namespace weir {

namespace {

struct Effects {
  NodeId last_write;
  std::vector<NodeId> readers;  // since the last write
};

}  // namespace

Result<bool> OrderEffects(Graph& g, PassContext&) {
  WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
  std::map<Resource, Effects> resources;  // all that inference does not know may be one: of no name
  bool changed = false;
  auto tie = [&](NodeId after, NodeId before) -> Status {
    if (!before.valid()) return {};
    WEIR_ASSIGN_OR_RETURN(bool added, g.AddControlInput(after, before));
    changed |= added;
    return {};
  };
  for (NodeId id : order) {
    const OpDef* def = g.node(id).def();
    if (!def || def->hands_on() || g.node(id).Is("_Retval")) continue;
    const bool call = def->calls() != CallKind::kNone;
    std::map<Resource, bool> touched;  // whether written
    for (size_t i = 0; i < g.node(id).inputs().size(); ++i) {
      Endpoint e = g.node(id).input(static_cast<int>(i));
      if (g.type(e).dtype != kResource) continue;
      bool writes =
          call || std::find(def->writes().begin(), def->writes().end(), static_cast<int>(i)) != def->writes().end();
      touched[g.type(e).resource ? *g.type(e).resource : Resource{}] |= writes;
    }
    for (const auto& [resource, writes] : touched) {
      Effects& r = resources[resource];
      if (writes) {
        if (r.readers.empty()) WEIR_RETURN_IF_ERROR(tie(id, r.last_write));
        for (NodeId reader : r.readers) WEIR_RETURN_IF_ERROR(tie(id, reader));
        r.readers.clear();
        r.last_write = id;
      } else {
        WEIR_RETURN_IF_ERROR(tie(id, r.last_write));
        r.readers.push_back(id);
      }
    }
  }
  return changed;
}

}  // namespace weir
