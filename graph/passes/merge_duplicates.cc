// MergeDuplicates: nodes with the same op, attributes and inputs compute the same; the first serves all. Effects and
// random ops are never merged. Control inputs of a duplicate must be among the first one's.
#include <algorithm>

#include "weir/graph/pass.h"

namespace weir {

namespace {

uint64_t Mix(uint64_t h, uint64_t v) { return (h ^ v) * 0x9e3779b97f4a7c15ull + (h >> 29); }

uint64_t Hash(const Graph&, const Node& n) {
  uint64_t h = std::hash<std::string>()(n.op());
  for (Endpoint e : n.inputs()) h = Mix(h, EndpointHash()(e));
  for (const auto& [name, v] : n.attrs()) {
    h = Mix(h, std::hash<std::string>()(name));
    if (auto* i = v.get<int64_t>()) h = Mix(h, static_cast<uint64_t>(*i));
    if (auto* t = v.get<DType>()) h = Mix(h, static_cast<uint64_t>(*t));
    if (auto* t = v.get<Tensor>()) {
      h = Mix(h, static_cast<uint64_t>(t->num_elements()));
      if (IsPlain(t->dtype()) && t->bytes() >= 4) h = Mix(h, *static_cast<const uint32_t*>(t->raw()));
    }
  }
  return h;
}

bool SameAttrs(const Node& a, const Node& b) {
  auto visible = [](const AttrMap& m) {
    AttrMap out;
    for (const auto& [name, v] : m) {
      if (!name.starts_with("_")) out.emplace(name, v);
    }
    return out;
  };
  return a.attrs() == b.attrs() || visible(a.attrs()) == visible(b.attrs());
}

bool Equal(const Node& a, const Node& b) {
  if (a.op() != b.op() || a.inputs() != b.inputs() || !SameAttrs(a, b)) return false;
  for (NodeId c : b.control_inputs()) {
    if (std::find(a.control_inputs().begin(), a.control_inputs().end(), c) == a.control_inputs().end()) return false;
  }
  return true;
}

bool Mergeable(const Node& n) {
  return n.def() && !n.def()->stateful() && !IsRoot(n) && !n.outputs().empty() && !n.def()->fed();
}

}  // namespace

Result<bool> MergeDuplicates(Graph& g, PassContext&) {
  WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
  std::unordered_multimap<uint64_t, NodeId> seen;
  bool changed = false;
  for (NodeId id : order) {
    const Node& n = g.node(id);
    if (!Mergeable(n)) continue;
    uint64_t h = Hash(g, n);
    NodeId first;
    auto [begin, end] = seen.equal_range(h);
    for (auto it = begin; it != end && !first.valid(); ++it) {
      if (Equal(g.node(it->second), n)) first = it->second;
    }
    if (!first.valid()) {
      seen.emplace(h, id);
      continue;
    }
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      WEIR_RETURN_IF_ERROR(g.ReplaceUses({id, static_cast<int>(i)}, {first, static_cast<int>(i)}));
    }
    WEIR_RETURN_IF_ERROR(g.ReplaceControlUses(id, first));
    WEIR_RETURN_IF_ERROR(g.Remove(id));
    changed = true;
  }
  return changed;
}

}  // namespace weir
