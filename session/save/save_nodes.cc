#include "weir/session/save/save_nodes.h"

#include <fmt/format.h>

#include "weir/graph/subgraph.h"
#include "weir/ops/model/variables.h"

namespace weir {

namespace {

// "4 2 0,2:-", as SaveV2 takes it; empty for a whole tensor.
std::string SliceText(const SavedVariable& v) {
  if (v.slice.start.empty()) return "";
  std::string text;
  for (int64_t d : v.full.dims()) text += fmt::format("{} ", d);
  for (size_t a = 0; a < v.slice.start.size(); ++a) {
    text += a == 0 ? "" : ":";
    text += v.slice.length[a] < 0 ? "-" : fmt::format("{},{}", v.slice.start[a], v.slice.length[a]);
  }
  return text;
}

class SaveNodes {
 public:
  SaveNodes(Graph& g, const std::vector<SavedVariable>& variables) : g_(g), variables_(variables) {}

  Result<SaverInfo> Add() {
    scope_ = g_.UniqueName("save");
    WEIR_RETURN_IF_ERROR(FindVariables());
    for (const SavedVariable& v : variables_) {
      names_.push_back(v.key), slices_.push_back(SliceText(v));
      dtypes_.type.push_back(BaseType(v.type.dtype));
    }
    WEIR_ASSIGN_OR_RETURN(const NodeId given, AddConst("filename/input", Tensor(std::string("model"))));
    WEIR_ASSIGN_OR_RETURN(const NodeId file, AddNode("PlaceholderWithDefault", "Const", {{given, 0}},
                                                     {{"dtype", kString}, {"shape", PartialShape::Scalar()}}));
    WEIR_ASSIGN_OR_RETURN(const NodeId saved, AddSave(file));
    WEIR_ASSIGN_OR_RETURN(const NodeId restored, AddRestore(file));
    return SaverInfo{g_[file].name() + ":0", g_[saved].name() + ":0", g_[restored].name(), 5};
  }

 private:
  Status FindVariables() {
    std::map<std::string, NodeId> nodes;
    for (NodeId id : g_.nodes()) {
      if (IsVariable(g_[id])) nodes.emplace(CheckpointName(g_[id]), id);
    }
    for (const SavedVariable& v : variables_) {
      auto it = nodes.find(v.variable);
      if (it == nodes.end()) return Internal(fmt::format("the graph has no variable '{}'", v.variable));
      handles_.push_back({it->second, 0});
    }
    return {};
  }

  bool IsReference(Endpoint handle) const { return IsRef(g_.type(handle).dtype); }

  Result<NodeId> AddNode(const char* op, const std::string& name, std::vector<Endpoint> inputs, AttrMap attrs,
                         std::vector<NodeId> after = {}) {
    return g_.AddNode({.op = op, .name = g_.UniqueName(scope_ + "/" + name), .inputs = std::move(inputs),
                       .control_inputs = std::move(after), .attrs = std::move(attrs)});
  }
  Result<NodeId> AddConst(const std::string& name, const Tensor& value) {
    return AddNode("Const", name, {}, {{"value", value}, {"dtype", value.dtype()}});
  }
  Result<std::vector<Endpoint>> AddKeys(const std::string& of, NodeId file) {
    WEIR_ASSIGN_OR_RETURN(const NodeId names, AddConst(of + "/tensor_names", Tensor::Vector(names_)));
    WEIR_ASSIGN_OR_RETURN(const NodeId slices, AddConst(of + "/shape_and_slices", Tensor::Vector(slices_)));
    return std::vector<Endpoint>{{file, 0}, {names, 0}, {slices, 0}};
  }

  // Gives the file's name once it is written.
  Result<NodeId> AddSave(NodeId file) {
    WEIR_ASSIGN_OR_RETURN(std::vector<Endpoint> inputs, AddKeys("SaveV2", file));
    for (size_t i = 0; i < handles_.size(); ++i) {
      Endpoint value = handles_[i];
      if (!IsReference(value)) {
        WEIR_ASSIGN_OR_RETURN(value.node, AddNode("ReadVariableOp", "Read", {value}, {{"dtype", dtypes_.type[i]}}));
      }
      inputs.push_back(value);
    }
    WEIR_ASSIGN_OR_RETURN(const NodeId save, AddNode("SaveV2", "SaveV2", std::move(inputs), {{"dtypes", dtypes_}}));
    return AddNode("Identity", "control_dependency", {{file, 0}}, {{"T", kString}}, {save});
  }

  Result<NodeId> AddRestore(NodeId file) {
    WEIR_ASSIGN_OR_RETURN(std::vector<Endpoint> inputs, AddKeys("RestoreV2", file));
    WEIR_ASSIGN_OR_RETURN(const NodeId restore,
                          AddNode("RestoreV2", "RestoreV2", std::move(inputs), {{"dtypes", dtypes_}}));
    std::vector<NodeId> assigned;
    for (size_t i = 0; i < handles_.size(); ++i) {
      const DType dtype = dtypes_.type[i];
      const Endpoint value{restore, static_cast<int32_t>(i)};
      if (IsReference(handles_[i])) {
        WEIR_ASSIGN_OR_RETURN(NodeId assign, AddNode("Assign", "Assign", {handles_[i], value}, {{"T", dtype}}));
        assigned.push_back(assign);
      } else {
        WEIR_ASSIGN_OR_RETURN(NodeId typed, AddNode("Identity", "Identity", {value}, {{"T", dtype}}));
        WEIR_ASSIGN_OR_RETURN(NodeId assign, AddNode("AssignVariableOp", "AssignVariableOp", {handles_[i], {typed, 0}},
                                                     {{"dtype", dtype}}));
        assigned.push_back(assign);
      }
    }
    return AddNode("NoOp", "restore_all", {}, {}, std::move(assigned));
  }

  Graph& g_;
  const std::vector<SavedVariable>& variables_;
  std::string scope_;
  std::vector<Endpoint> handles_;
  std::vector<std::string> names_, slices_;
  AttrList dtypes_;
};

// Those attributes that say what is so anyway.
void StripDefaults(const Node& n, AttrMap* attrs) {
  for (const AttrDef& d : n.def() ? n.def()->attrs() : std::vector<AttrDef>()) {
    auto it = attrs->find(d.name);
    if (it != attrs->end() && d.default_value && it->second == *d.default_value) attrs->erase(it);
  }
}

}  // namespace

Result<SaverInfo> AddSaveNodes(Graph& g, const std::vector<SavedVariable>& variables) {
  return SaveNodes(g, variables).Add();
}

Result<Graph> StrippedGraph(const Graph& g, bool devices, bool default_attrs) {
  if (!devices && !default_attrs) return g;
  Graph stripped(&g.registry());
  for (const auto& [name, f] : g.functions()) {
    Function copy = *f;
    WEIR_ASSIGN_OR_RETURN(copy.body, StrippedGraph(f->body, devices, default_attrs));
    WEIR_RETURN_IF_ERROR(stripped.AddFunction(std::move(copy)));
  }
  SubgraphCopy copy(g, stripped);
  WEIR_RETURN_IF_ERROR(copy.AddNodes(g.nodes(), [&](const Node& n, NodeSpec& spec) {
    if (devices) spec.device.clear();
    if (default_attrs) StripDefaults(n, &spec.attrs);
    return Status();
  }));
  WEIR_RETURN_IF_ERROR(copy.Connect());
  stripped.file_info() = g.file_info();
  stripped.local_variables() = g.local_variables();
  return stripped;
}

}  // namespace weir
