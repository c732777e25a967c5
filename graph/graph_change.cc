// What changes a Graph once its nodes are there: edges, attributes, ops, nodes that go. Every edge knows its place in
// the user list of the node it comes from (Users), so that no mutator searches or moves what it does not change.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "weir/graph/graph.h"
#include "weir/graph/infer.h"

namespace weir {

// ---- edges

size_t Users::size() const {
  size_t n = 0;
  for (size_t i = 0; i < num_lists(); ++i) n += list(i).size();
  return n;
}

std::vector<Use>& Users::Of(int output) {
  const auto i = static_cast<size_t>(output + 1);
  if (i >= num_lists()) more_.resize(i - 1);
  return list(i);
}

int32_t& Graph::PlaceOf(Node& n, int slot) {
  return n.places_[slot >= 0 ? static_cast<size_t>(slot) : n.inputs_.size() + static_cast<size_t>(-1 - slot)];
}

void Graph::OutputsChanged(const Node& n) {
  for (const Use& use : n.users_) {
    if (use.input >= 0) nodes_[use.node.value].inferred_ = false;
  }
}

void Graph::LinkEdge(Node& n, int slot) {
  const Endpoint from = slot >= 0 ? n.inputs_[slot] : Endpoint{n.control_inputs_[-1 - slot], -1};
  auto& uses = nodes_[from.node.value].users_.Of(from.index);
  PlaceOf(n, slot) = static_cast<int32_t>(uses.size());
  uses.push_back({n.id_, slot, from.index});
  if (slot >= 0) n.inferred_ = false;
  ++edges_touched_;
}

void Graph::UnlinkEdge(Node& n, int slot) {
  const Endpoint from = slot >= 0 ? n.inputs_[slot] : Endpoint{n.control_inputs_[-1 - slot], -1};
  auto& uses = nodes_[from.node.value].users_.Of(from.index);
  const int32_t place = PlaceOf(n, slot);
  uses[place] = uses.back();  // the last one fills the gap
  PlaceOf(nodes_[uses[place].node.value], uses[place].input) = place;
  uses.pop_back();
  ++edges_touched_;
}

void Graph::Link(Node& n) {
  n.places_.resize(n.inputs_.size() + n.control_inputs_.size());
  for (size_t i = 0; i < n.inputs_.size(); ++i) LinkEdge(n, static_cast<int>(i));
  for (size_t i = 0; i < n.control_inputs_.size(); ++i) LinkEdge(n, -1 - static_cast<int>(i));
}

void Graph::Unlink(Node& n) {
  for (size_t i = 0; i < n.inputs_.size(); ++i) UnlinkEdge(n, static_cast<int>(i));
  for (size_t i = 0; i < n.control_inputs_.size(); ++i) UnlinkEdge(n, -1 - static_cast<int>(i));
}

Status Graph::CheckAlive(NodeId id) const {
  return alive(id) ? Status() : Internal(fmt::format("the graph has no node {}", id.value));
}

// ---- mutators

Status Graph::CheckInput(const Node& n, Endpoint e) {
  if (!alive(e.node)) return NodeError(n, "graph", InvalidArgument("has an input that does not exist"));
  Node& from = nodes_[e.node.value];
  if (!from.def_ && e.index >= static_cast<int>(from.outputs_.size()) && e.index < 4096)
    from.outputs_.resize(e.index + 1);
  if (e.index >= 0 && e.index < static_cast<int>(from.outputs_.size())) return {};
  return NodeError(n, "graph",
                   InvalidArgument(fmt::format("reads '{}:{}', but {} '{}' has {} outputs", from.name_, e.index,
                                               from.op_, from.name_, from.outputs_.size())));
}

Status Graph::SetInputs(NodeId id, std::vector<Endpoint> inputs, std::vector<NodeId> control_inputs) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  Node& n = nodes_[id.value];
  for (Endpoint e : inputs) WEIR_RETURN_IF_ERROR(CheckInput(n, e));
  for (NodeId c : control_inputs) {
    if (!alive(c)) return NodeError(n, "graph", InvalidArgument("has a control input that does not exist"));
  }
  TypeUnknown(n, inputs);
  Unlink(n);
  n.inputs_ = std::move(inputs);
  n.control_inputs_.clear();
  n.inferred_ = false;
  if (!control_inputs.empty()) {  // Why a set: an init node may wait for every variable there is
    std::unordered_set<int32_t> seen{id.value};
    for (NodeId c : control_inputs) {
      if (seen.insert(c.value).second) n.control_inputs_.push_back(c);
    }
  }
  Link(n);
  return {};
}

void Graph::TypeUnknown(const Node& reader, const std::vector<Endpoint>& inputs) {
  auto unknown = [&](Endpoint e) { return !nodes_[e.node.value].def_; };
  if (!reader.def_ || std::none_of(inputs.begin(), inputs.end(), unknown)) return;
  auto types = reader.def_->InputTypes(reader.attrs_);
  if (!types.ok() || types->size() != inputs.size()) return;  // Verify says so
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!unknown(inputs[i])) continue;
    DType& have = nodes_[inputs[i].node.value].outputs_[inputs[i].index].dtype;
    if (have != DType::kInvalid && have != BaseType((*types)[i])) continue;
    have = (*types)[i];
    OutputsChanged(nodes_[inputs[i].node.value]);
  }
}

Status Graph::SetInput(NodeId id, int i, Endpoint e) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  Node& n = nodes_[id.value];
  if (i < 0 || i >= static_cast<int>(n.inputs_.size())) {
    return NodeError(n, "graph", Internal(fmt::format("has no input {} to set", i)));
  }
  WEIR_RETURN_IF_ERROR(CheckInput(n, e));
  UnlinkEdge(n, i);
  n.inputs_[i] = e;
  LinkEdge(n, i);
  if (!nodes_[e.node.value].def_) TypeUnknown(n, n.inputs_);
  return {};
}

// By the shorter of the two lists that tell: a sink waits for many, a constant may have many waiting for it.
bool Graph::HasControlInput(NodeId id, NodeId before) {
  const std::vector<NodeId>& waits_for = nodes_[id.value].control_inputs_;
  const std::vector<Use>& waiting = nodes_[before.value].users_.Of(-1);
  if (waits_for.size() <= waiting.size())
    return std::find(waits_for.begin(), waits_for.end(), before) != waits_for.end();
  return std::any_of(waiting.begin(), waiting.end(), [&](const Use& u) { return u.node == id; });
}

Result<bool> Graph::AddControlInput(NodeId id, NodeId before) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  WEIR_RETURN_IF_ERROR(CheckAlive(before));
  if (id == before || HasControlInput(id, before)) return false;
  Node& n = nodes_[id.value];
  n.control_inputs_.push_back(before);
  n.places_.push_back(0);
  LinkEdge(n, -static_cast<int>(n.control_inputs_.size()));
  return true;
}

Status Graph::RemoveControlInput(NodeId id, NodeId before) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  WEIR_RETURN_IF_ERROR(CheckAlive(before));
  Node& n = nodes_[id.value];
  auto it = std::find(n.control_inputs_.begin(), n.control_inputs_.end(), before);
  if (it == n.control_inputs_.end()) return {};
  const auto at = it - n.control_inputs_.begin();
  UnlinkEdge(n, -1 - static_cast<int>(at));
  n.control_inputs_.erase(it);
  n.places_.erase(n.places_.begin() + static_cast<std::ptrdiff_t>(n.inputs_.size()) + at);
  for (auto k = static_cast<size_t>(at); k < n.control_inputs_.size(); ++k) {  // those behind it move up
    const int slot = -1 - static_cast<int>(k);
    nodes_[n.control_inputs_[k].value].users_.Of(-1)[PlaceOf(n, slot)].input = slot;
  }
  return {};
}

Status Graph::SetAttr(NodeId id, const std::string& name, AttrValue value) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  Node& n = nodes_[id.value];
  const AttrValue* had = n.FindAttr(name);
  const bool same = had && !had->is<Tensor>() && *had == value;  // as when a default is made explicit
  auto [it, added] = n.attrs_.try_emplace(name);
  std::swap(it->second, value);
  if (same) return {};
  Status s = ComputeOutputTypes(n);
  if (s.ok()) return s;
  s = NodeError(n, "attr", std::move(s));
  if (added) {
    n.attrs_.erase(it);
  } else {
    it->second = std::move(value);
  }
  return s;
}

Status Graph::SetOp(NodeId id, const std::string& op, AttrMap attrs) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  Node& n = nodes_[id.value];
  std::string op_before = op;  // which may be the node's own
  std::swap(n.op_, op_before);
  std::swap(n.attrs_, attrs);
  const OpDef* def_before = std::exchange(n.def_, registry_->Find(n.op_));
  Status s = ComputeOutputTypes(n);
  if (s.ok()) return s;
  s = NodeError(n, "attr", std::move(s));
  n.op_ = std::move(op_before), n.attrs_ = std::move(attrs), n.def_ = def_before;
  return s;
}

Status Graph::SetOutputType(NodeId id, int i, OutputType t) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  Node& n = nodes_[id.value];
  if (i < 0 || i >= static_cast<int>(n.outputs_.size()))
    return NodeError(n, "graph", Internal(fmt::format("has no output {}", i)));
  n.outputs_[i] = std::move(t);
  n.inferred_ = false;
  OutputsChanged(n);
  return {};
}

Status Graph::ReplaceUses(Endpoint from, Endpoint to) {
  for (Endpoint e : {from, to}) {
    WEIR_RETURN_IF_ERROR(CheckAlive(e.node));
    if (e.index < 0 || e.index >= static_cast<int>(node(e.node).outputs_.size()))
      return Internal(fmt::format("there is no output '{}'", EndpointName(e)));
  }
  if (from == to) return {};
  const OutputType &a = type(from), &b = type(to);
  if (BaseType(a.dtype) != BaseType(b.dtype)) {
    return Internal(fmt::format("cannot replace '{}' ({}) by '{}' ({}): other dtype", EndpointName(from), a.ToString(),
                                EndpointName(to), b.ToString()));
  }
  if (!MergeShapes(a.shape, b.shape).ok()) {
    return Internal(fmt::format("cannot replace '{}' ({}) by '{}' ({}): other shape", EndpointName(from), a.ToString(),
                                EndpointName(to), b.ToString()));
  }
  const std::vector<Use> moved = std::exchange(nodes_[from.node.value].users_.Of(from.index), {});
  edges_touched_ += static_cast<int64_t>(moved.size());
  for (const Use& u : moved) {
    nodes_[u.node.value].inputs_[u.input] = to;
    LinkEdge(nodes_[u.node.value], u.input);
  }
  return {};
}

Status Graph::ReplaceControlUses(NodeId from, NodeId to) {
  WEIR_RETURN_IF_ERROR(CheckAlive(from));
  WEIR_RETURN_IF_ERROR(CheckAlive(to));
  const std::vector<Use> after = nodes_[from.value].users_.Of(-1);
  for (const Use& u : after) {
    WEIR_RETURN_IF_ERROR(RemoveControlInput(u.node, from));
    WEIR_RETURN_IF_ERROR(AddControlInput(u.node, to).status());
  }
  return {};
}

void Graph::Drop(Node& n) {
  Unlink(n);
  names_.erase(n.name_);
  n = Node();
  --alive_;
}

Status Graph::Remove(NodeId id) {
  WEIR_RETURN_IF_ERROR(CheckAlive(id));
  Node& n = nodes_[id.value];
  for (const Use& u : n.users_) {
    if (u.node == id) continue;  // a loop of one node
    return Internal(fmt::format("cannot remove '{}', which '{}' uses", n.name_, node(u.node).name_));
  }
  Drop(n);
  return {};
}

Status Graph::Retain(const std::vector<bool>& keep) {
  auto kept = [&](NodeId id) { return keep[id.value]; };
  if (std::ranges::all_of(nodes_, [&](const Node& n) { return !n.alive() || kept(n.id_); })) return {};
  for (const Node& n : nodes_) {
    if (!n.alive() || !kept(n.id_)) continue;
    NodeId lost;
    for (Endpoint e : n.inputs_) lost = kept(e.node) ? lost : e.node;
    for (NodeId c : n.control_inputs_) lost = kept(c) ? lost : c;
    if (lost.valid())
      return Internal(fmt::format("cannot keep '{}' without its input '{}'", n.name_, node(lost).name_));
  }
  for (Node& n : nodes_) {
    if (!n.alive()) continue;
    if (!kept(n.id_)) {
      names_.erase(n.name_);
      n = Node();
      --alive_;
      continue;
    }
    for (size_t i = 0; i < n.users_.num_lists(); ++i) {
      std::vector<Use>& uses = n.users_.list(i);
      std::erase_if(uses, [&](const Use& u) { return !kept(u.node); });
      for (size_t k = 0; k < uses.size(); ++k)
        PlaceOf(nodes_[uses[k].node.value], uses[k].input) = static_cast<int32_t>(k);
    }
  }
  return {};
}

std::vector<NodeId> Graph::Compact() {
  std::vector<NodeId> map(nodes_.size());
  int32_t next = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].alive()) map[i] = NodeId{next++};
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!map[i].valid()) continue;
    Node& n = nodes_[i];
    n.id_ = map[i];
    for (Endpoint& e : n.inputs_) e.node = map[e.node.value];
    for (NodeId& c : n.control_inputs_) c = map[c.value];
    for (size_t k = 0; k < n.users_.num_lists(); ++k) {
      for (Use& u : n.users_.list(k)) u.node = map[u.node.value];
    }
    names_[n.name_] = map[i].value;
    if (map[i].value != static_cast<int32_t>(i)) nodes_[map[i].value] = std::move(n);
  }
  nodes_.resize(next);
  return map;
}

}  // namespace weir
