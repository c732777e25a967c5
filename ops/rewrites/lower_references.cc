// LowerReferences: TensorFlow 1's reference variables become handles with explicit reads and writes. The user's graph
// is not touched: this runs on the copy that is compiled.
//
//   VariableV2 -> VarHandleOp;  Assign -> AssignVariableOp;  ApplyAdam -> ResourceApplyAdam;  …
//   RefSwitch, RefEnter, … -> Switch, Enter, … of the handle
//   who takes a reference as a value gets a ReadVariableOp of its own, at its place: after its own control inputs and
//   after the op whose output the reference was.
#include <fmt/format.h>

#include "weir/ops/rewrites/rewrites.h"

namespace weir {

namespace {

// The attributes of the op on the handle; the reference form calls dtype T.
AttrMap ResourceAttrs(const Graph& g, const Node& n, const std::string& form) {
  AttrMap attrs;
  const OpDef* to = g.registry().Find(form);
  const std::string handed_on = to->inputs().empty() ? "" : to->inputs()[0].type_attr;
  for (const AttrDef& a : to->attrs()) {
    std::string_view from = a.name;
    if (a.name == "dtype" && !n.def()->FindAttr("dtype")) from = "T";
    if (const AttrValue* v = n.FindAttr(from)) attrs[a.name] = *v;
    if (a.name == handed_on) attrs[a.name] = kResource;  // it hands on the handle
  }
  if (form == "VarHandleOp" && n.attr<std::string>("shared_name").empty()) attrs["shared_name"] = n.name();
  return attrs;
}

class Lowering {
 public:
  explicit Lowering(Graph& g) : g_(g) {}

  Result<bool> Run() {
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g_));
    for (NodeId id : order) WEIR_RETURN_IF_ERROR(Visit(id));
    for (const auto& [id, form] : forms_) {
      if (!g_.registry().Find(form)) return NodeError(g_.node(id), "graph", Unimplemented("has no resource form"));
      WEIR_RETURN_IF_ERROR(g_.SetOp(id, form, ResourceAttrs(g_, g_.node(id), form)));
    }
    return !forms_.empty();
  }

 private:
  struct Reference {
    Endpoint handle;
    NodeId after;  // the op that gave the reference; invalid for the variable itself
  };

  Status Visit(NodeId id) {
    if (!g_.node(id).def()) return {};
    auto types = g_.node(id).def()->InputTypes(g_.node(id).attrs());
    for (size_t i = 0; i < g_.node(id).inputs().size(); ++i) {
      auto it = refs_.find(g_.node(id).input(static_cast<int>(i)));
      if (it == refs_.end()) continue;
      Reference ref = it->second;
      bool as_reference = types.ok() && i < types->size() && IsRef((*types)[i]);
      Endpoint replacement = ref.handle;
      if (as_reference) {
        if (ref.after.valid()) WEIR_RETURN_IF_ERROR(g_.AddControlInput(id, ref.after).status());
      } else {
        WEIR_ASSIGN_OR_RETURN(replacement, AddRead(id, ref));
      }
      WEIR_RETURN_IF_ERROR(g_.SetInput(id, static_cast<int>(i), replacement));
    }
    const std::string& form = g_.node(id).def()->handle_form();
    if (form.empty()) return {};
    forms_.emplace_back(id, form);
    const OpDef* to = g_.registry().Find(form);
    for (size_t i = 0; i < g_.node(id).outputs().size(); ++i) {
      if (!IsRef(g_.node(id).outputs()[i].dtype)) continue;
      const Endpoint e{id, static_cast<int32_t>(i)};
      const bool gives_handle = to && !to->outputs().empty();
      refs_[e] = gives_handle ? Reference{e, {}} : Reference{g_.node(id).input(0), id};
    }
    return {};
  }

  Result<Endpoint> AddRead(NodeId reader, const Reference& ref) {
    NodeSpec spec;
    spec.op = "ReadVariableOp";
    spec.name = g_.UniqueName(g_.node(ref.handle.node).name() + "/_read");
    spec.inputs = {ref.handle};
    spec.control_inputs = g_.node(reader).control_inputs();
    if (ref.after.valid()) spec.control_inputs.push_back(ref.after);
    spec.attrs["dtype"] = BaseType(g_.type(ref.handle).dtype);
    spec.loc = g_.node(reader).loc();
    spec.origins = {g_.node(reader).name()};
    WEIR_ASSIGN_OR_RETURN(NodeId read, g_.AddRaw(std::move(spec)));
    return Endpoint{read, 0};
  }

  Graph& g_;
  std::unordered_map<Endpoint, Reference, EndpointHash> refs_;
  std::vector<std::pair<NodeId, std::string>> forms_;
};

// VariableShape(handle) is Shape(ReadVariableOp(handle)).
Result<bool> LowerVariableShapes(Graph& g) {
  bool changed = false;
  for (NodeId id : g.nodes()) {
    if (!g.node(id).Is("VariableShape")) continue;
    DType out_type = g.node(id).type_attr("out_type");
    OutputType handle = g.type(g.node(id).input(0));
    if (handle.handle_dtype == DType::kInvalid) continue;
    NodeSpec read;
    read.op = "ReadVariableOp";
    read.name = g.UniqueName(g.node(id).name() + "/_read");
    read.inputs = {g.node(id).input(0)};
    read.control_inputs = g.node(id).control_inputs();
    read.attrs["dtype"] = handle.handle_dtype;
    WEIR_ASSIGN_OR_RETURN(NodeId r, g.AddRaw(std::move(read)));
    WEIR_RETURN_IF_ERROR(g.SetInput(id, 0, {r, 0}));
    WEIR_RETURN_IF_ERROR(g.SetOp(id, "Shape", {{"T", handle.handle_dtype}, {"out_type", out_type}}));
    changed = true;
  }
  return changed;
}

// Stack -> StackV2, and whatever its handle comes to.
Result<bool> LowerStackReferences(Graph& g) {
  std::vector<NodeId> next;
  for (NodeId id : g.nodes()) {
    if (g.node(id).Is("Stack")) next.push_back(id);
  }
  const bool any = !next.empty();
  std::set<NodeId> seen;
  while (!next.empty()) {
    const NodeId id = next.back();
    next.pop_back();
    if (!seen.insert(id).second) continue;
    const Node n = g.node(id);  // a copy: what is added moves it
    AttrMap attrs = n.attrs();
    if (n.op().starts_with("Stack")) {
      WEIR_RETURN_IF_ERROR(g.SetOp(id, n.op() + "V2", std::move(attrs)));
    } else {
      const std::string form = n.def() ? n.def()->handle_form() : "";
      if (form.empty() && !n.Is("Identity"))
        return NodeError(n, "graph", InvalidArgument("reads the handle of a stack"));
      attrs["T"] = kResource;
      WEIR_RETURN_IF_ERROR(g.SetOp(id, form.empty() ? n.op() : form, std::move(attrs)));
    }
    if (n.Is("Stack")) {
      NodeSpec any_size{.op = "Const", .name = g.UniqueName(n.name() + "/max_size"),
                        .attrs = {{"value", Tensor(-1)}, {"dtype", kInt32}}};
      WEIR_ASSIGN_OR_RETURN(NodeId size, g.AddNode(std::move(any_size)));
      WEIR_RETURN_IF_ERROR(g.SetInputs(id, {{size, 0}}, n.control_inputs()));
    }
    if (n.op().starts_with("Stack") && !n.Is("Stack")) continue;
    for (const Use& use : n.users()) {
      const bool number = n.Is("RefMerge") && use.output == 1;
      if (use.input >= 0 && !number) next.push_back(use.node);
    }
  }
  return any;
}

}  // namespace

Result<bool> LowerReferences(Graph& g, PassContext&) {
  WEIR_ASSIGN_OR_RETURN(bool stacks, LowerStackReferences(g));
  WEIR_ASSIGN_OR_RETURN(bool shapes, LowerVariableShapes(g));
  WEIR_ASSIGN_OR_RETURN(bool lowered, Lowering(g).Run());
  return lowered || shapes || stacks;
}

}  // namespace weir
