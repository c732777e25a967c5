// FuseElementwise: a tree of element-wise ops whose inner results nobody else reads becomes one _Fused op, so that its
// operands pass through memory once. Same lane functions, same bits.
//
// A group grows backwards from its last op: a producer joins when all its readers are in the group, its result has the
// shape of the group's (inputs may broadcast), and the chain's limits hold.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/graph/pass.h"

namespace weir {

namespace {

// The dtype that an op's lane function is looked up by.
DType LaneDType(const Node& n) {
  if (n.Is("Cast")) return n.type_attr("SrcT");
  if (n.Is("LogicalAnd") || n.Is("LogicalOr") || n.Is("LogicalNot")) return kBool;
  return n.type_attr("T");
}

float ParamOf(const Node& n) {
  if (n.FindAttr("alpha")) return n.attr<float>("alpha");
  if (n.FindAttr("tolerance")) return n.attr<float>("tolerance");
  return 0;
}

class Fuser {
 public:
  Fuser(Graph& g, PassContext& c) : g_(g), c_(c) {}

  Result<bool> Run() {
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g_));
    position_.resize(g_.num_ids());
    for (size_t i = 0; i < order.size(); ++i) position_[order[i].value] = static_cast<int>(i);
    grouped_.resize(g_.num_ids());
    bool changed = false;
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      if (grouped_[it->value] || !Fusable(g_.node(*it))) continue;
      std::vector<NodeId> group = Grow(*it);
      if (group.size() < 2) continue;
      WEIR_RETURN_IF_ERROR(Replace(group));
      changed = true;
    }
    return changed;
  }

 private:
  bool Fusable(const Node& n) const {
    if (!n.def() || n.inputs().empty() || n.outputs().size() != 1 || n.inputs().size() > 3 || !n.output(0).shape.fully_known()) return false;
    if (n.Is("Cast") && n.attr<bool>("Truncate")) return false;
    // TensorFlow 1's Select chooses rows by a vector; only the plain form is element-wise.
    if (n.Is("Select") && !(g_.ShapeOf(n.input(0)) == n.output(0).shape) && g_.ShapeOf(n.input(0)).rank() != 0) return false;
    for (Endpoint e : n.inputs()) {
      if (!g_.ShapeOf(e).fully_known()) return false;
    }
    return n.output(0).shape.num_elements().value_or(0) > 0 && c_.has_lanes && c_.has_lanes(n.op(), LaneDType(n), n.output(0).dtype);
  }

  // All readers of n are in the group, and nothing waits for n alone.
  bool OnlyReadBy(const Node& n, const std::set<NodeId>& group) const {
    return n.control_inputs().empty() && std::all_of(n.users().begin(), n.users().end(), [&](const Use& u) { return u.input >= 0 && group.count(u.node); });
  }

  std::set<Endpoint> InputsOf(const std::set<NodeId>& group) const {
    std::set<Endpoint> inputs;
    for (NodeId id : group) {
      for (Endpoint e : g_.node(id).inputs()) {
        if (!group.count(e.node)) inputs.insert(e);
      }
    }
    return inputs;
  }

  // In program order, the last op last.
  std::vector<NodeId> Grow(NodeId last) {
    std::set<NodeId> group{last};
    const PartialShape& shape = g_.node(last).output(0).shape;
    std::set<NodeId> refused;
    for (bool grown = true; grown;) {
      grown = false;
      for (Endpoint e : InputsOf(group)) {
        const Node& p = g_.node(e.node);
        if (refused.count(p.id()) || grouped_[p.id().value] || !Fusable(p) || !(p.output(0).shape == shape)) continue;
        if (!OnlyReadBy(p, group)) {
          c_.notes.push_back(fmt::format("not fused into '{}': '{}' has other readers", g_.node(last).name(), p.name()));
          refused.insert(p.id());
          continue;
        }
        group.insert(p.id());
        if (static_cast<int>(group.size()) > c_.max_fused_ops || static_cast<int>(InputsOf(group).size()) > c_.max_fused_inputs) {
          group.erase(p.id());
          refused.insert(p.id());
          c_.notes.push_back(fmt::format("not fused into '{}': with '{}' the chain would be too long", g_.node(last).name(), p.name()));
          continue;
        }
        grown = true;
        break;
      }
    }
    std::vector<NodeId> ids(group.begin(), group.end());
    std::sort(ids.begin(), ids.end(), [&](NodeId a, NodeId b) { return position_[a.value] < position_[b.value]; });
    return ids;
  }

  Status Replace(const std::vector<NodeId>& group) {
    std::map<Endpoint, int> inputs;
    std::map<NodeId, int> results;
    std::vector<Endpoint> order;
    std::vector<DType> types;
    AttrList instructions, params;
    std::vector<std::string> origins;
    for (NodeId id : group) {
      const Node& n = g_.node(id);
      std::string text = fmt::format("{} {} {}", n.op(), DTypeShortName(LaneDType(n)), DTypeShortName(n.output(0).dtype));
      for (Endpoint e : n.inputs()) {
        if (auto it = results.find(e.node); it != results.end()) {
          text += fmt::format(" r{}", it->second);
          continue;
        }
        auto [it, added] = inputs.emplace(e, static_cast<int>(order.size()));
        if (added) order.push_back(e), types.push_back(g_.type(e).dtype);
        text += fmt::format(" i{}", it->second);
      }
      results[id] = static_cast<int>(instructions.s.size());
      instructions.s.push_back(std::move(text));
      params.f.push_back(ParamOf(n));
      if (n.origins().empty()) origins.push_back(n.name());
      origins.insert(origins.end(), n.origins().begin(), n.origins().end());
      grouped_[id.value] = true;
    }
    const Node& last = g_.node(group.back());
    NodeSpec spec;
    spec.op = "_Fused";
    spec.name = g_.UniqueName(last.name() + "/_fused");
    spec.inputs = order;
    spec.control_inputs = last.control_inputs();
    spec.loc = last.loc();
    spec.origins = std::move(origins);
    DType out = last.output(0).dtype;
    spec.attrs = {{"T", types}, {"Tout", out}, {"shape", last.output(0).shape}, {"instructions", instructions}, {"params", params}};
    WEIR_ASSIGN_OR_RETURN(NodeId fused, g_.AddNode(std::move(spec)));
    WEIR_RETURN_IF_ERROR(g_.ReplaceUses({group.back(), 0}, {fused, 0}));
    g_.ReplaceControlUses(group.back(), fused);
    for (auto it = group.rbegin(); it != group.rend(); ++it) g_.Remove(*it);
    grouped_.resize(g_.num_ids());
    return {};
  }

  Graph& g_;
  PassContext& c_;
  std::vector<int> position_;
  std::vector<bool> grouped_;
};

}  // namespace

Result<bool> FuseElementwise(Graph& g, PassContext& c) { return Fuser(g, c).Run(); }

}  // namespace weir
