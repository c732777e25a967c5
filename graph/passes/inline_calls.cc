// InlineCalls: a called function's body takes the place of the call; its nodes are named `call/node`. Calls in bodies of
// branches and loops are inlined when those compile. Effects in the body run as the call would: an entry NoOp carries the
// call's control inputs, an exit NoOp what must have run when the call is done.
#include <fmt/format.h>

#include <set>

#include "weir/graph/functions.h"
#include "weir/graph/pass.h"

namespace weir {

namespace {

class Inliner {
 public:
  Inliner(Graph& g, NodeId call) : g_(g), call_(call), name_(g.node(call).name()) {}

  Status Run() {
    const Node n = g_.node(call_);  // copied: adding nodes moves them
    std::string attr = FunctionAttrs(n).empty() ? "" : "f";
    WEIR_ASSIGN_OR_RETURN(const Function* f, CalledFunction(g_, n, attr));
    std::vector<OutputType> types;
    for (Endpoint e : n.inputs()) types.push_back(g_.type(e));
    AttrMap attrs = attr.empty() ? n.attrs() : n.FindAttr(attr)->get<FuncRef>()->attrs;
    WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(g_, *f, attrs, types));
    WEIR_ASSIGN_OR_RETURN(NodeId entry, AddNoOp(name_ + "/_entry", n.control_inputs()));
    std::vector<NodeId> effects;
    WEIR_RETURN_IF_ERROR(CopyBody(*f, body, n, entry, &effects));
    WEIR_ASSIGN_OR_RETURN(NodeId exit, AddNoOp(name_ + "/_exit", effects));
    if (effects.empty()) g_.AddControlInput(exit, entry);
    std::vector<NodeId> rets = RetNodes(body);
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      if (i >= rets.size() || !rets[i].valid()) return InvalidArgument(fmt::format("has an output {} that function '{}' does not give", i, f->name));
      Endpoint from = body.node(rets[i]).input(0);
      WEIR_RETURN_IF_ERROR(g_.ReplaceUses({call_, static_cast<int>(i)}, Mapped(from, n)));
    }
    for (NodeId e : DataNodesOfResults(body, rets, n)) g_.AddControlInput(exit, e);
    g_.ReplaceControlUses(call_, exit);
    g_.Remove(call_);
    return {};
  }

 private:
  Result<NodeId> AddNoOp(const std::string& name, std::vector<NodeId> after) {
    NodeSpec spec;
    spec.op = "NoOp";
    spec.name = g_.UniqueName(name);
    spec.control_inputs = std::move(after);
    return g_.AddNode(std::move(spec));
  }

  Endpoint Mapped(Endpoint e, const Node& call) const {
    auto arg = args_.find(e.node);
    return arg != args_.end() ? call.input(arg->second) : Endpoint{map_.at(e.node), e.index};
  }

  std::vector<NodeId> DataNodesOfResults(const Graph& body, const std::vector<NodeId>& rets, const Node& call) const {
    std::vector<NodeId> ids;
    for (NodeId r : rets) {
      if (r.valid()) ids.push_back(Mapped(body.node(r).input(0), call).node);
    }
    return ids;
  }

  Status CopyBody(const Function& f, const Graph& body, const Node& call, NodeId entry, std::vector<NodeId>* effects) {
    std::set<NodeId> with_effect = EffectNodes(f, body);
    std::vector<NodeId> args = ArgNodes(body);
    for (size_t i = 0; i < args.size(); ++i) args_[args[i]] = static_cast<int>(i);
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(body));
    for (NodeId id : order) {
      const Node& n = body.node(id);
      if (n.Is("_Arg") || n.Is("_Retval")) continue;
      NodeSpec spec;
      spec.op = n.op(), spec.name = g_.UniqueName(name_ + "/" + n.name()), spec.attrs = n.attrs(), spec.device = n.device();
      spec.loc = call.loc() ? call.loc() : n.loc();
      spec.origins = {name_};
      for (Endpoint e : n.inputs()) spec.inputs.push_back(Mapped(e, call));
      for (NodeId c : n.control_inputs()) {
        auto it = map_.find(c);
        spec.control_inputs.push_back(it == map_.end() ? entry : it->second);
      }
      bool effect = with_effect.count(id) > 0;
      if (spec.control_inputs.empty() && (effect || spec.inputs.empty())) spec.control_inputs.push_back(entry);
      if (n.Is("Const")) spec.control_inputs.clear();
      int outputs = static_cast<int>(n.outputs().size());
      WEIR_ASSIGN_OR_RETURN(NodeId copy, g_.AddRaw(std::move(spec), outputs));
      for (int i = 0; i < outputs; ++i) g_.SetOutputType(copy, i, n.output(i));
      map_[id] = copy;
      if (effect) effects->push_back(copy);
    }
    return {};
  }

  Graph& g_;
  NodeId call_;
  std::string name_;
  std::map<NodeId, NodeId> map_;
  std::map<NodeId, int> args_;
};

bool IsCall(const Graph& g, const Node& n) {
  return n.def() ? n.def()->calls() == CallKind::kCall : g.FindFunction(n.op()) != nullptr;
}

const Function* Callee(const Graph& g, const Node& n) {
  if (!IsCall(g, n)) return nullptr;
  auto f = CalledFunction(g, n, n.def() ? "f" : "");
  return f.ok() ? *f : nullptr;
}

// How many nodes a function is once the calls in it are inlined, and those in them. Known without doing it, since bodies that
// call twice double at each level.
class Unfolding {
 public:
  explicit Unfolding(const Graph& g) : g_(g) {}

  int64_t SizeOf(const Function& f, int depth = 0) {
    if (auto it = sizes_.find(&f); it != sizes_.end()) return it->second;
    int64_t size = 0;
    for (NodeId id : f.body.nodes()) {
      const Function* callee = depth < kMaxCallDepth ? Callee(g_, f.body.node(id)) : nullptr;
      size = std::min(size + 1 + (callee ? SizeOf(*callee, depth + 1) : 0), int64_t{1} << 40);
    }
    return sizes_[&f] = size;
  }

 private:
  const Graph& g_;
  std::map<const Function*, int64_t> sizes_;
};

Status CheckSize(const Graph& g, const std::vector<NodeId>& calls) {
  Unfolding unfolding(g);
  int64_t total = 0;
  for (NodeId id : calls) {
    const Function* f = Callee(g, g.node(id));
    if (!f) continue;
    total += unfolding.SizeOf(*f);
    if (total <= kMaxUnfoldedNodes) continue;
    return NodeError(g.node(id), "function", ResourceExhausted(fmt::format("calls function '{}', with which the calls unfold to over {} nodes", f->name, kMaxUnfoldedNodes)));
  }
  return {};
}

}  // namespace

Result<bool> InlineCalls(Graph& g, PassContext&) {
  InferenceScope scope;
  bool changed = false;
  for (int depth = 0;; ++depth) {
    std::vector<NodeId> calls;
    for (NodeId id : g.nodes()) {
      if (IsCall(g, g.node(id))) calls.push_back(id);
    }
    if (calls.empty()) return changed;
    WEIR_RETURN_IF_ERROR(CheckSize(g, calls));
    if (depth > kMaxCallDepth) return InvalidArgument(fmt::format("error[function]: calls are nested over {} deep: functions that call themselves are refused", kMaxCallDepth));
    for (NodeId id : calls) {
      Node n = g.node(id);
      if (Status s = Inliner(g, id).Run(); !s.ok()) return NodeError(n, "function", s);
    }
    changed = true;
  }
}

}  // namespace weir
