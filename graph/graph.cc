#include "weir/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
    if (!numeric)
      return InvalidArgument(fmt::format("'{:.100}' is no tensor name: '{:.20}' is no output number", name, digits))
          .Help("write node:0");
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
    return InvalidArgument(fmt::format("'{:.100}': {} '{}' has {} outputs", name, node(id).op(), node(id).name(),
                                       node(id).outputs().size()));
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

Status Graph::ComputeOutputTypes(Node& n) {
  n.inferred_ = false;
  if (!n.def_) return {};
  auto declared = n.def_->OutputTypes(n.attrs_);
  if (!declared.ok()) {
    WEIR_RETURN_IF_ERROR(n.def_->CheckAttrs(n.attrs_));  // says more of what is wrong
    return declared.status();
  }
  const std::vector<DType>& types = *declared;
  if (types.size() > (1 << 16))
    return InvalidArgument(fmt::format("has {} outputs; at most {} are possible", types.size(), 1 << 16));
  for (size_t i = types.size() + 1; i < n.users_.num_lists(); ++i) {
    if (n.users_.list(i).empty()) continue;
    const Node& reader = nodes_[n.users_.list(i)[0].node.value];
    return InvalidArgument(fmt::format("has {} outputs, but '{}' reads output {}", types.size(), reader.name_, i - 1));
  }
  n.outputs_.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) n.outputs_[i].dtype = types[i];
  OutputsChanged(n);  // a constant's elements are attributes
  return {};
}

Result<NodeId> Graph::AddRaw(NodeSpec spec, int num_outputs_if_unknown) {
  if (!ValidNodeName(spec.name))
    return InvalidArgument(fmt::format("error[graph]: '{:.100}' is not a valid node name", spec.name));
  if (names_.count(spec.name))
    return AlreadyExists(fmt::format("error[graph]: there are two nodes named '{}'", spec.name));
  NodeId id{static_cast<int32_t>(nodes_.size())};
  Node n;
  n.id_ = id;
  n.op_ = std::move(spec.op);
  n.name_ = std::move(spec.name);
  n.def_ = registry_->Find(n.op_);
  n.attrs_ = std::move(spec.attrs);
  n.loc_ = spec.loc;
  Node::Extras extras{std::move(spec.device), std::move(spec.unknown_fields), std::move(spec.origins)};
  if (!extras.device.empty() || !extras.unknown_fields.empty() || !extras.origins.empty())
    n.extras_ = std::make_shared<const Node::Extras>(std::move(extras));
  if (!n.def_) n.outputs_.resize(num_outputs_if_unknown);
  if (Status s = n.def_ ? n.def_->ReadPrograms(n.attrs_) : Status(); !s.ok()) return NodeError(n, "attr", s);
  if (Status s = ComputeOutputTypes(n); !s.ok()) return NodeError(n, "attr", s);
  names_.emplace(n.name_, id.value);
  nodes_.push_back(std::move(n));
  ++alive_;
  if (Status s = SetInputs(id, std::move(spec.inputs), std::move(spec.control_inputs)); !s.ok()) {
    Drop(nodes_[id.value]);
    nodes_.pop_back();
    return s;
  }
  return id;
}

namespace {

// A node of a file may have attributes that its op does not have here; in one made here they are mistyped.
Status RefuseUnknownAttrs(const Node& n) {
  auto unknown = UnknownAttrs(n);
  if (unknown.empty()) return {};
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
  Status s = RefuseUnknownAttrs(nodes_[id.value]);
  s = s.ok() ? InferNode(*this, id) : NodeError(nodes_[id.value], "attr", std::move(s));
  if (!s.ok()) {
    Drop(nodes_[id.value]);
    nodes_.pop_back();
    return s;
  }
  return id;
}

const Function* Graph::FindFunction(std::string_view name) const {
  auto it = functions_.find(name);
  return it == functions_.end() ? nullptr : it->second.get();
}

Status Graph::AddFunction(Function f) {
  if (functions_.count(f.name))
    return AlreadyExists(fmt::format("error[function]: there are two functions named '{:.100}'", f.name));
  f.body.functions_.clear();  // bodies have the library that they are in, and none of their own
  std::string name = f.name;
  functions_.emplace(std::move(name), std::make_shared<const Function>(std::move(f)));
  return {};
}

void Graph::ShareFunctions(const Graph& other) {
  for (const auto& [name, f] : other.functions_) functions_.emplace(name, f);
}

void Graph::RetainFunctions(const std::set<std::string>& keep) {
  std::erase_if(functions_, [&](const auto& f) { return !keep.count(f.first); });
}

Status Graph::SetFunctionGradient(std::string_view name, std::string gradient) {
  auto it = functions_.find(name);
  if (it == functions_.end())
    return NotFound(fmt::format("error[function]: there is no function named '{:.100}'", name));
  Function f = *it->second;
  f.gradient = std::move(gradient);
  it->second = std::make_shared<const Function>(std::move(f));
  return {};
}

Status NodeError(const Node& node, std::string_view tag, Status status) {
  if (status.ok() || status.decorated()) return status;
  std::string message = status.message();
  if (message.starts_with("error[")) return status;
  std::string headline = fmt::format("error[{}]: {} '{}' {}", tag, node.op(), node.name(), message);
  if (Loc loc = node.loc()) status = std::move(status).Detail("created at " + loc.ToString());
  if (!node.origins().empty())
    status = std::move(status).Detail(fmt::format("made from '{}'", fmt::join(node.origins(), "', '")));
  return std::move(status).Decorated(std::move(headline));
}

}  // namespace weir
