// Variables of graphs that files brought: the nodes that belong to one, told by wiring and by TensorFlow's names.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/graph/base/names.h"
#include "weir/ops/model/variables_internal.h"

namespace weir {

bool IsVariable(const Node& n) { return n.Is("VarHandleOp") || n.Is("VariableV2") || n.Is("Variable"); }

std::string CheckpointName(const Node& n) {
  std::string shared = n.attr<std::string>("shared_name");
  return shared.empty() ? n.name() : shared;
}

OutputType VariableType(const Node& n) {
  OutputType t{.dtype = n.type_attr("dtype"), .shape = n.attr<PartialShape>("shape")};
  // In the oldest graphs the empty shape meant "not known".
  if (n.Is("Variable") && t.shape.rank() == 0) t.shape = PartialShape::Unknown();
  return t;
}

bool ReadsCheckpoint(const Node& n) {
  return ((n.Is("RestoreV2") || n.Is("RestoreSlice")) && n.inputs().size() == 3) ||
         (n.Is("Restore") && n.inputs().size() == 2);
}

namespace {

// The first user of the variable with this op, one with this name before all others.
const Node* UserOf(const Graph& g, const Node& variable, std::initializer_list<std::string_view> ops,
                   const std::string& name) {
  const Node* found = nullptr;
  for (const Use& u : variable.users()) {
    const Node& n = g.node(u.node);
    if (u.input != 0 || std::find(ops.begin(), ops.end(), n.op()) == ops.end()) continue;
    if (n.name() == name) return &n;
    bool restores = n.inputs().size() > 1 && ReadsCheckpoint(g.node(n.input(1).node));
    if (!found && !restores) found = &n;
  }
  return found;
}

}  // namespace

Variable Variable::OfNode(Builder& b, NodeId id, bool trainable) {
  const Graph& g = b.graph();
  Variable v;
  if (!g.alive(id) || !IsVariable(g.node(id)) || g.node(id).outputs().empty()) return v;
  const Node& n = g.node(id);
  v.handle_ = {&b, {id, 0}};
  v.trainable_ = trainable;
  if (const Node* assign = UserOf(g, n, {"Assign", "AssignVariableOp"}, n.name() + "/Assign")) {
    v.initializer_ = {&b, assign->id()};
    if (assign->inputs().size() > 1) v.initial_value_ = {&b, assign->input(1)};
  }
  if (const Node* asks = UserOf(g, n, {"IsVariableInitialized", "VarIsInitializedOp"}, ""))
    v.is_initialized_ = {&b, {asks->id(), 0}};
  const bool reference = v.is_reference();
  const Node* read = reference ? UserOf(g, n, {"Identity"}, n.name() + "/read")
                               : UserOf(g, n, {"ReadVariableOp"}, n.name() + "/Read/ReadVariableOp");
  if (read) {
    v.snapshot_ = {&b, {read->id(), 0}};
  } else if (reference) {
    v.snapshot_ = v.handle_;
  } else {
    auto free = b.NoControlDependencies();
    v.snapshot_ = v.Read({});
  }
  return v;
}

void AdoptVariables(Builder& b, const std::vector<NodeId>& nodes, const MetaGraph* meta, const std::string& prefix) {
  std::map<std::string, Variable, std::less<>> found;
  std::set<std::string> trainable;
  bool listed = meta && !meta->variables.empty();
  if (listed) {
    for (const VariableInfo& v : meta->VariablesOf(collection::kTrainableVariables))
      trainable.insert(prefix + NodeNameOf(v.name));
  }
  for (NodeId id : nodes) {
    if (!IsVariable(b.graph().node(id))) continue;
    const std::string name = b.graph().node(id).name();
    bool trains = listed ? trainable.count(name) > 0 : IsFloating(b.graph().node(id).type_attr("dtype"));
    Variable v = Variable::OfNode(b, id, trains);
    if (!v.valid()) continue;
    VariablesByNode(b)[id] = v;
    found.emplace(name, v);
    if (listed) continue;
    GlobalVariables(b).push_back(v);
    if (trains) TrainableVariables(b).push_back(v);
  }
  if (!meta) return;
  for (const auto& [key, infos] : meta->variables) {
    for (const VariableInfo& info : infos) {
      auto it = found.find(prefix + NodeNameOf(info.name));
      if (it != found.end()) VariableCollection(b, key).push_back(it->second);
    }
  }
  AdoptCollections(b, *meta, prefix);
}

void AdoptLoaded(Builder& b) {
  if (std::exchange(b.Kept<KnownVariables>().adopted, true)) return;
  std::vector<NodeId> nodes;
  for (int i = 0; i < b.num_loaded(); ++i) {
    if (b.graph().alive({i})) nodes.push_back({i});
  }
  AdoptVariables(b, nodes, b.graph().file_info().meta.get());
}

Variable KnownVariable(Builder& b, std::string_view name) {
  AdoptLoaded(b);
  auto it = VariablesByNode(b).find(b.graph().Find(name));
  return it == VariablesByNode(b).end() ? Variable() : it->second;
}

Variable FindVariable(Builder& b, std::string_view name) {
  Variable found = KnownVariable(b, name);
  if (found.valid()) return found;
  std::vector<std::string> names;
  for (const auto& [id, v] : VariablesByNode(b)) names.push_back(v.name());
  const std::vector<std::string> near = NearestNames(name, names);
  b.Fail(NotFound(fmt::format("error[graph]: there is no variable '{}'", name))
             .Help(near.empty() ? "GlobalVariables(g) lists those that there are"
                                : fmt::format("did you mean '{}'?", near[0])));
  return {};
}

}  // namespace weir
