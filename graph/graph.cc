#include "weir/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "weir/graph/infer.h"
#include "weir/graph/verify.h"

namespace weir {

namespace {

// TensorFlow's rule (the union of what its readers accept), and at most a megabyte.
bool ValidNodeName(std::string_view name) {
  auto ok = [](char c, bool first) {
    bool alnum = std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_';
    return alnum || (!first && (c == '-' || c == '/' || c == '>' || c == '\\'));
  };
  if (name.empty() || name.size() > (1 << 20)) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (!ok(name[i], i == 0)) return false;
  }
  return true;
}

}  // namespace

std::string OutputType::ToString() const {
  std::string s = DTypeShortName(dtype);
  if (!shape.known_rank()) return s + "<?>";
  return shape.rank() == 0 ? s + "[]" : s + shape.ToString();
}

const AttrValue* Node::FindAttr(std::string_view name) const {
  if (def_) return def_->Value(attrs_, name);
  auto it = attrs_.find(name);
  return it == attrs_.end() ? nullptr : &it->second;
}

NodeId Graph::Find(std::string_view name) const {
  auto it = names_.find(std::string(name));
  return it == names_.end() ? NodeId{} : NodeId{it->second};
}

std::vector<NodeId> Graph::nodes() const {
  std::vector<NodeId> ids;
  ids.reserve(alive_);
  for (const Node& n : nodes_) {
    if (n.alive()) ids.push_back(n.id_);
  }
  return ids;
}

std::string Graph::EndpointName(Endpoint e) const {
  return alive(e.node) ? fmt::format("{}:{}", node(e.node).name(), e.index) : "<invalid>";
}

Result<Endpoint> Graph::ParseEndpoint(std::string_view name) const {
  std::string_view base = name;
  int64_t index = 0;
  if (size_t colon = name.rfind(':'); colon != name.npos) {
    base = name.substr(0, colon);
    std::string_view digits = name.substr(colon + 1);
    bool numeric = !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == digits.npos;
    if (!numeric) return InvalidArgument(fmt::format("'{:.100}' is no tensor name: '{:.20}' is no output number", name, digits)).Help("write node:0");
    index = std::stoll(std::string(digits));
  }
  NodeId id = Find(base);
  if (!id.valid()) {
    std::vector<std::string> names;
    for (const Node& n : nodes_) {
      if (n.alive()) names.push_back(n.name_);
    }
    auto near = NearestNames(base, names);
    std::string help = near.empty() ? "" : "did you mean " + fmt::format("'{}'", fmt::join(near, "', '")) + "?";
    return NotFound(fmt::format("the graph has no node '{:.100}'", base)).Help(help);
  }
  if (index >= static_cast<int64_t>(node(id).outputs().size())) {
    if (IsUnknownOp(*this, node(id))) return UnknownOpError(*this, node(id));
    return InvalidArgument(fmt::format("'{:.100}': {} '{}' has {} outputs", name, node(id).op(), node(id).name(), node(id).outputs().size()));
  }
  return Endpoint{id, static_cast<int32_t>(index)};
}

std::string Graph::UniqueName(std::string_view base) const {
  std::string name(base);
  if (!names_.count(name)) return name;
  // Why a counter: n equal names must not cost n².
  for (int& i = name_counters_[name];;) {
    std::string candidate = fmt::format("{}_{}", base, ++i);
    if (!names_.count(candidate)) return candidate;
  }
}

void Graph::Link(Node& n) {
  for (size_t i = 0; i < n.inputs_.size(); ++i) {
    nodes_[n.inputs_[i].node.value].users_.push_back({n.id_, static_cast<int>(i), n.inputs_[i].index});
  }
  for (NodeId c : n.control_inputs_) nodes_[c.value].users_.push_back({n.id_, -1, -1});
}

void Graph::Unlink(Node& n) {
  auto drop = [&](NodeId from) {
    auto& users = nodes_[from.value].users_;
    std::erase_if(users, [&](const Use& u) { return u.node == n.id_; });
  };
  for (Endpoint e : n.inputs_) drop(e.node);
  for (NodeId c : n.control_inputs_) drop(c);
}

Status Graph::ComputeOutputTypes(Node& n) {
  if (!n.def_) return {};
  auto declared = n.def_->OutputTypes(n.attrs_);
  if (!declared.ok()) {
    WEIR_RETURN_IF_ERROR(n.def_->CheckAttrs(n.attrs_));  // says more of what is wrong
    return declared.status();
  }
  const std::vector<DType>& types = *declared;
  if (types.size() > (1 << 16)) return InvalidArgument(fmt::format("has {} outputs; at most {} are possible", types.size(), 1 << 16));
  n.outputs_.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) n.outputs_[i].dtype = types[i];
  return {};
}

Result<NodeId> Graph::AddRaw(NodeSpec spec, int num_outputs_if_unknown) {
  if (!ValidNodeName(spec.name)) return InvalidArgument(fmt::format("error[graph]: '{:.100}' is not a valid node name", spec.name));
  if (names_.count(spec.name)) return AlreadyExists(fmt::format("error[graph]: there are two nodes named '{}'", spec.name));
  NodeId id{static_cast<int32_t>(nodes_.size())};
  Node n;
  n.id_ = id;
  n.op_ = std::move(spec.op);
  n.name_ = std::move(spec.name);
  n.def_ = registry_->Find(n.op_);
  n.attrs_ = std::move(spec.attrs);
  n.device_ = std::move(spec.device);
  n.loc_ = spec.loc;
  n.origins_ = std::move(spec.origins);
  n.unknown_fields_ = std::move(spec.unknown_fields);
  if (!n.def_) n.outputs_.resize(num_outputs_if_unknown);
  if (Status s = ComputeOutputTypes(n); !s.ok()) return NodeError(n, "attr", s);
  names_.emplace(n.name_, id.value);
  nodes_.push_back(std::move(n));
  ++alive_;
  if (Status s = SetInputs(id, std::move(spec.inputs), std::move(spec.control_inputs)); !s.ok()) {
    Remove(id);
    nodes_.pop_back();
    return s;
  }
  return id;
}

namespace {

// A node of a file may have attributes that its op does not have here; in one made here they are mistyped.
Status CheckNewAttrs(const Node& n) {
  auto unknown = UnknownAttrs(n);
  if (unknown.empty()) return n.def()->CheckAttrs(n.attrs());
  std::vector<std::string> names;
  for (const AttrDef& a : n.def()->attrs()) names.push_back(a.name);
  auto near = NearestNames(unknown[0], names);
  return InvalidArgument(fmt::format("has no attribute '{}'", unknown[0]))
      .Help(near.empty() ? n.def()->Signature() : "did you mean '" + near[0] + "'?");
}

}  // namespace

Result<NodeId> Graph::AddNode(NodeSpec spec) {
  const OpDef* def = registry_->Find(spec.op);
  if (!def) {
    auto near = registry_->Nearest(spec.op);
    return NotFound(fmt::format("error[graph]: there is no op '{:.100}' (node '{:.100}')", spec.op, spec.name))
        .Help(near.empty() ? "" : fmt::format("did you mean '{}'?", fmt::join(near, "', '")));
  }
  WEIR_ASSIGN_OR_RETURN(NodeId id, AddRaw(std::move(spec)));
  Status s = CheckNewAttrs(nodes_[id.value]);
  s = s.ok() ? InferNode(*this, id) : NodeError(nodes_[id.value], "attr", std::move(s));
  if (!s.ok()) {
    Remove(id);
    nodes_.pop_back();
    return s;
  }
  return id;
}

Status Graph::SetInputs(NodeId id, std::vector<Endpoint> inputs, std::vector<NodeId> control_inputs) {
  Node& n = nodes_[id.value];
  for (Endpoint e : inputs) {
    if (!alive(e.node)) return NodeError(n, "graph", InvalidArgument("has an input that does not exist"));
    Node& from = nodes_[e.node.value];
    if (!from.def_ && e.index >= static_cast<int>(from.outputs_.size()) && e.index < 4096) from.outputs_.resize(e.index + 1);
    if (e.index < 0 || e.index >= static_cast<int>(from.outputs_.size())) {
      return NodeError(n, "graph", InvalidArgument(fmt::format("reads '{}:{}', but {} '{}' has {} outputs", from.name_, e.index, from.op_, from.name_, from.outputs_.size())));
    }
  }
  for (NodeId c : control_inputs) {
    if (!alive(c)) return NodeError(n, "graph", InvalidArgument("has a control input that does not exist"));
  }
  TypeUnknown(n, inputs);
  Unlink(n);
  n.inputs_ = std::move(inputs);
  n.control_inputs_.clear();
  // Why a set: an init node may wait for every variable there is.
  std::unordered_set<int32_t> seen{id.value};
  for (NodeId c : control_inputs) {
    if (seen.insert(c.value).second) n.control_inputs_.push_back(c);
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
    if (have == DType::kInvalid || have == BaseType((*types)[i])) have = (*types)[i];
  }
}

Status Graph::SetInput(NodeId id, int i, Endpoint e) {
  std::vector<Endpoint> inputs = node(id).inputs_;
  inputs[i] = e;
  return SetInputs(id, std::move(inputs), node(id).control_inputs_);
}

bool Graph::AddControlInput(NodeId id, NodeId before) {
  Node& n = nodes_[id.value];
  if (id == before || std::find(n.control_inputs_.begin(), n.control_inputs_.end(), before) != n.control_inputs_.end()) return false;
  n.control_inputs_.push_back(before);
  nodes_[before.value].users_.push_back({id, -1, -1});
  return true;
}

void Graph::RemoveControlInput(NodeId id, NodeId before) {
  std::erase(nodes_[id.value].control_inputs_, before);
  std::erase_if(nodes_[before.value].users_, [&](const Use& u) { return u.node == id && u.input < 0; });
}

void Graph::SetAttr(NodeId id, const std::string& name, AttrValue value) {
  nodes_[id.value].attrs_[name] = std::move(value);
  ComputeOutputTypes(nodes_[id.value]).IgnoreError();
}

void Graph::SetOp(NodeId id, const std::string& op, AttrMap attrs) {
  Node& n = nodes_[id.value];
  n.op_ = op;
  n.attrs_ = std::move(attrs);
  n.def_ = registry_->Find(op);
  ComputeOutputTypes(n).IgnoreError();
}

void Graph::SetOutputType(NodeId id, int i, OutputType t) { nodes_[id.value].outputs_[i] = std::move(t); }
void Graph::SetOrigins(NodeId id, std::vector<std::string> origins) { nodes_[id.value].origins_ = std::move(origins); }
void Graph::SetDevice(NodeId id, std::string device) { nodes_[id.value].device_ = std::move(device); }

Status Graph::ReplaceUses(Endpoint from, Endpoint to) {
  if (from == to) return {};
  const OutputType &a = type(from), &b = type(to);
  if (BaseType(a.dtype) != BaseType(b.dtype)) {
    return Internal(fmt::format("cannot replace '{}' ({}) by '{}' ({}): other dtype", EndpointName(from), a.ToString(), EndpointName(to), b.ToString()));
  }
  if (!MergeShapes(a.shape, b.shape).ok()) {
    return Internal(fmt::format("cannot replace '{}' ({}) by '{}' ({}): other shape", EndpointName(from), a.ToString(), EndpointName(to), b.ToString()));
  }
  auto& users = nodes_[from.node.value].users_;
  std::vector<Use> moved;
  std::erase_if(users, [&](const Use& u) {
    bool move = u.input >= 0 && u.output == from.index;
    if (move) moved.push_back(u);
    return move;
  });
  for (Use u : moved) {
    nodes_[u.node.value].inputs_[u.input] = to;
    nodes_[to.node.value].users_.push_back({u.node, u.input, to.index});
  }
  return {};
}

void Graph::ReplaceControlUses(NodeId from, NodeId to) {
  std::vector<NodeId> after;
  for (const Use& u : node(from).users_) {
    if (u.input < 0) after.push_back(u.node);
  }
  for (NodeId n : after) {
    RemoveControlInput(n, from);
    AddControlInput(n, to);
  }
}

void Graph::Remove(NodeId id) {
  Node& n = nodes_[id.value];
  Unlink(n);
  names_.erase(n.name_);
  n = Node();
  --alive_;
}

void Graph::Retain(const std::vector<bool>& keep) {
  for (Node& n : nodes_) {
    if (!n.alive()) continue;
    if (keep[n.id_.value]) {
      std::erase_if(n.users_, [&](const Use& u) { return !keep[u.node.value]; });
    } else {
      names_.erase(n.name_);
      n = Node();
      --alive_;
    }
  }
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
    for (Use& u : n.users_) u.node = map[u.node.value];
    names_[n.name_] = map[i].value;
    if (map[i].value != static_cast<int32_t>(i)) nodes_[map[i].value] = std::move(n);
  }
  nodes_.resize(next);
  return map;
}

const Function* Graph::FindFunction(std::string_view name) const {
  auto it = functions_.find(name);
  return it == functions_.end() ? nullptr : it->second.get();
}

void Graph::AddFunction(Function f) {
  std::string name = f.name;
  functions_.insert_or_assign(std::move(name), std::make_shared<const Function>(std::move(f)));
}

void Graph::ShareFunctions(const Graph& other) {
  for (const auto& [name, f] : other.functions_) functions_.emplace(name, f);
}

void Graph::RetainFunctions(const std::set<std::string>& keep) {
  std::erase_if(functions_, [&](const auto& f) { return !keep.count(f.first); });
}

Status NodeError(const Node& node, std::string_view tag, Status status) {
  if (status.ok() || status.decorated()) return status;
  std::string message = status.message();
  if (message.starts_with("error[")) return status;
  std::string headline = fmt::format("error[{}]: {} '{}' {}", tag, node.op(), node.name(), message);
  if (Loc loc = node.loc()) status = std::move(status).Detail("created at " + loc.ToString());
  if (!node.origins().empty()) status = std::move(status).Detail(fmt::format("made from '{}'", fmt::join(node.origins(), "', '")));
  return std::move(status).Decorated(std::move(headline));
}

}  // namespace weir
