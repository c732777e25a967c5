// FuseElementwise: a tree of element-wise ops becomes one _Fused op, so that its operands pass through memory once.
// Same lane functions, same bits.
//
// A group grows backwards from its last op: a producer joins when its result has the shape of the group's (inputs may
// broadcast), the chain's limits hold, and whoever reads it outside the group comes after the last op: its result is
// then an output too. So the group can stand where its last op stands. BiasAdd and AddN are additions here; a tensor
// that only repeats a smaller one (Tile, BroadcastTo) is read as the smaller one.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/ops/rewrites/rewrites.h"


namespace weir {

namespace {

// The element-wise op that a node is.
std::string_view LaneOp(const Node& n) {
  if (n.Is("AddN")) return "AddV2";
  if (n.Is("BiasAdd") && n.attr<std::string>("data_format") == "NHWC") return "AddV2";
  return n.op();
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
      if (group.size() < 2 && !ReadsRepeated(*it)) continue;
      WEIR_RETURN_IF_ERROR(Replace(group));
      changed = true;
    }
    return changed;
  }

 private:
  bool Fusable(const Node& n) const {
    if (!n.def() || n.inputs().empty() || n.outputs().size() != 1 || !n.output(0).shape.fully_known()) return false;
    if (n.Is("AddN")) {
      // half and bfloat16 round once for the whole sum, pairs would round each.
      DType t = n.type_attr("T");
      if (n.inputs().size() < 2 || (n.inputs().size() > 2 && (t == kHalf || t == kBfloat16))) return false;
    } else if (n.Is("Cast") && n.attr<bool>("Truncate")) {
      return false;
    }
    // TensorFlow 1's Select chooses rows by a vector; only the plain form is element-wise.
    if (n.Is("Select") && !(g_.ShapeOf(n.input(0)) == n.output(0).shape) && g_.ShapeOf(n.input(0)).rank() != 0)
      return false;
    for (Endpoint e : n.inputs()) {
      if (!g_.ShapeOf(e).fully_known() || !Program::Holds(BaseType(g_.type(e).dtype))) return false;
    }
    if (!Program::Holds(BaseType(n.output(0).dtype))) return false;
    return n.output(0).shape.num_elements().value_or(0) > 0 && c_.has_lanes &&
           c_.has_lanes(LaneOp(n), OperandTypes(n), BaseType(n.output(0).dtype));
  }

  // Of the instructions that n becomes: a sum takes two at a time.
  std::vector<DType> OperandTypes(const Node& n) const {
    std::vector<DType> types;
    for (Endpoint e : n.inputs()) types.push_back(BaseType(g_.type(e).dtype));
    if (n.Is("AddN")) types.resize(2);
    return types;
  }

  // What is read instead of e by a reader that broadcasts: what e repeats.
  Endpoint Unrepeated(Endpoint e) const {
    const Node& n = g_.node(e.node);
    if (!n.Is("BroadcastTo") && !n.Is("Tile")) return e;
    const PartialShape &from = g_.ShapeOf(n.input(0)), &to = g_.ShapeOf(e);
    if (!from.fully_known() || !to.fully_known() || to.num_elements() == 0) return e;
    for (int a = 0; n.Is("Tile") && a < from.rank(); ++a) {
      if (from.dims()[a] != to.dims()[a] && from.dims()[a] != 1) return e;
    }
    return n.input(0);
  }

  // Those who read n outside the group come after `last`, and nothing waits for n alone.
  bool MayJoin(const Node& n, const std::set<NodeId>& group, NodeId last) const {
    if (!n.control_inputs().empty()) return false;
    for (const Use& u : n.users()) {
      if (u.input < 0) return false;
      if (!group.count(u.node) && position_[u.node.value] < position_[last.value]) return false;
    }
    return true;
  }

  bool ReadOutside(const Node& n, const std::set<NodeId>& group) const {
    return std::any_of(n.users().begin(), n.users().end(), [&](const Use& u) { return !group.count(u.node); });
  }

  // How many of the group's results somebody else reads.
  int OutputsOf(const std::set<NodeId>& group) const {
    return static_cast<int>(
        std::count_if(group.begin(), group.end(), [&](NodeId id) { return ReadOutside(g_.node(id), group); }));
  }

  std::set<Endpoint> InputsOf(const std::set<NodeId>& group) const {
    std::set<Endpoint> inputs;
    for (NodeId id : group) {
      for (Endpoint e : g_.node(id).inputs()) {
        if (!group.count(e.node)) inputs.insert(Unrepeated(e));
      }
    }
    return inputs;
  }

  // Producers of what the group reads, the latest first.
  std::vector<NodeId> Candidates(const std::set<NodeId>& group) const {
    std::set<NodeId> found;
    for (NodeId id : group) {
      for (Endpoint e : g_.node(id).inputs()) {
        if (!group.count(e.node)) found.insert(e.node);
      }
    }
    std::vector<NodeId> ids(found.begin(), found.end());
    std::sort(ids.begin(), ids.end(), [&](NodeId a, NodeId b) { return position_[a.value] > position_[b.value]; });
    return ids;
  }

  bool TooLong(const std::set<NodeId>& group) const {
    return static_cast<int>(group.size()) > Program::kMaxInstructions ||
           static_cast<int>(InputsOf(group).size()) > Program::kMaxInputs || OutputsOf(group) > Program::kMaxOutputs;
  }

  // In program order, the last op last.
  std::vector<NodeId> Grow(NodeId last) {
    std::set<NodeId> group{last};
    const PartialShape& shape = g_.node(last).output(0).shape;
    std::set<NodeId> too_long, wanted;
    for (bool grown = true; grown;) {
      grown = false;
      wanted.clear();
      for (NodeId id : Candidates(group)) {
        const Node& p = g_.node(id);
        if (too_long.count(id) || grouped_[id.value] || !Fusable(p) || !(p.output(0).shape == shape)) continue;
        if (!MayJoin(p, group, last)) {
          wanted.insert(id);
          continue;
        }
        group.insert(id);
        grown = !TooLong(group);
        if (grown) break;
        group.erase(id);
        too_long.insert(id);
      }
    }
    for (NodeId id : too_long) Note(last, id, "would make the chain too long");
    for (NodeId id : wanted) Note(last, id, "is wanted before it");
    std::vector<NodeId> ids(group.begin(), group.end());
    std::sort(ids.begin(), ids.end(), [&](NodeId a, NodeId b) { return position_[a.value] < position_[b.value]; });
    return ids;
  }

  void Note(NodeId last, NodeId id, const char* why) {
    c_.notes.push_back(fmt::format("not fused into '{}': '{}' {}", g_.node(last).name(), g_.node(id).name(), why));
  }

  bool ReadsRepeated(NodeId id) const {
    const auto& inputs = g_.node(id).inputs();
    return std::any_of(inputs.begin(), inputs.end(), [&](Endpoint e) { return !(Unrepeated(e) == e); });
  }

  // The program of a group, and the endpoints that are its inputs.
  struct Chain {
    std::vector<Endpoint> inputs;
    Program body;
    std::map<NodeId, int> results;  // instruction that gives a node's result
  };

  Program::Operand OperandOf(Endpoint e, Chain* c) const {
    if (auto it = c->results.find(e.node); it != c->results.end()) return Program::ResultOf(it->second);
    e = Unrepeated(e);
    auto it = std::find(c->inputs.begin(), c->inputs.end(), e);
    if (it == c->inputs.end()) it = c->inputs.insert(it, e), c->body.inputs.push_back(BaseType(g_.type(e).dtype));
    return Program::Input(static_cast<int>(it - c->inputs.begin()));
  }

  // The instructions of one node; a sum of n has n - 1.
  void Append(const Node& n, Chain* c) const {
    std::vector<Program::Operand> operands;
    for (Endpoint e : n.inputs()) operands.push_back(OperandOf(e, c));
    auto add = [&](std::vector<Program::Operand> read) {
      c->body.instructions.push_back(
          {std::string(LaneOp(n)), BaseType(n.output(0).dtype), std::move(read), ParamOf(n)});
      return static_cast<int>(c->body.instructions.size()) - 1;
    };
    if (!n.Is("AddN")) {
      c->results[n.id()] = add(std::move(operands));
      return;
    }
    Program::Operand sum = operands[0];
    for (size_t i = 1; i < operands.size(); ++i) sum = Program::ResultOf(add({sum, operands[i]}));
    c->results[n.id()] = sum.number;
  }

  Status Replace(const std::vector<NodeId>& group) {
    Chain chain;
    std::vector<std::string> origins;
    const std::set<NodeId> members(group.begin(), group.end());
    std::vector<NodeId> results{group.back()};  // that are outputs
    for (NodeId id : group) {
      const Node& n = g_.node(id);
      Append(n, &chain);
      if (n.origins().empty()) origins.push_back(n.name());
      origins.insert(origins.end(), n.origins().begin(), n.origins().end());
      grouped_[id.value] = true;
      if (id != group.back() && ReadOutside(n, members)) results.push_back(id);
    }
    const Node& last = g_.node(group.back());
    NodeSpec spec;
    spec.op = "_Fused";
    spec.name = g_.UniqueName(last.name() + "/_fused");
    spec.inputs = chain.inputs;
    spec.control_inputs = last.control_inputs();
    spec.loc = last.loc();
    spec.origins = std::move(origins);
    std::vector<DType> types;
    for (NodeId id : results) {
      types.push_back(BaseType(g_.node(id).output(0).dtype));
      chain.body.outputs.push_back(chain.results[id]);
    }
    spec.attrs = {
        {"T", chain.body.inputs}, {"Tout", types}, {"shape", last.output(0).shape}, {"body", std::move(chain.body)}};
    WEIR_ASSIGN_OR_RETURN(NodeId fused, g_.AddNode(std::move(spec)));
    for (size_t k = 0; k < results.size(); ++k)
      WEIR_RETURN_IF_ERROR(g_.ReplaceUses({results[k], 0}, {fused, static_cast<int>(k)}));
    WEIR_RETURN_IF_ERROR(g_.ReplaceControlUses(group.back(), fused));
    for (auto it = group.rbegin(); it != group.rend(); ++it) WEIR_RETURN_IF_ERROR(g_.Remove(*it));
    grouped_.resize(g_.num_ids());
    position_.resize(g_.num_ids());
    position_[fused.value] = position_[group.back().value];
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
