// LowerStacks: TensorFlow 1's stacks, onto which loops push what their gradients pop, become lists.
//
// A stack is a handle that everybody changes; a list is a value. So that each push and pop has the list that the one
// before it left, loops have it for a variable, and branches and calls take it and give it back. A handle that is put
// onto another stack (of the loop around) is the list that it has become when the body is done.
#include <fmt/format.h>

#include <map>
#include <vector>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/rewrites/lift.h"
#include "weir/ops/rewrites/replacement.h"
#include "weir/ops/rewrites/rewrites.h"

namespace weir {

namespace {

std::string VerbOf(const Node& n) {
  if (!n.op().starts_with("Stack")) return "";
  std::string verb = n.op().ends_with("V2") ? n.op().substr(0, n.op().size() - 2) : n.op();
  return verb == "Stack" || verb == "StackPush" || verb == "StackPop" || verb == "StackClose" ? verb : "";
}

// Which graphs have stacks, in themselves or in what they call.
class StackFinder {
 public:
  explicit StackFinder(const Library& library) : library_(library) {}
  bool In(const Graph& g) {
    for (NodeId id : g.nodes()) {
      if (!VerbOf(g.node(id)).empty() || Called(g, g.node(id))) return true;
    }
    return false;
  }
  bool Called(const Graph& g, const Node& n) {
    if (CallKindOf(g, n) == CallKind::kNone) return false;
    for (const FuncRef& called : CalledFunctions(g, n)) {
      auto [it, fresh] = found_.emplace(called.name, false);
      const Function* f = fresh ? library_.Find(called.name) : nullptr;
      if (f && In(f->body)) found_[called.name] = true;
      if (found_[called.name]) return true;
    }
    return false;
  }

 private:
  const Library& library_;
  std::map<std::string, bool> found_;  // by function
};

// The stacks of one graph: a body, or that which runs.
class Stacks {
 public:
  Stacks(Graph& g, Library& library, StackFinder& finder) : g_(g), library_(library), finder_(finder) {}

  // Arguments that are stacks; what they have become is what Final gives.
  Status Run(const std::vector<int>& stack_args) {
    const std::vector<NodeId> args = ArgNodes(g_);
    for (int i : stack_args) {
      const NodeId arg = args[static_cast<size_t>(i)];
      WEIR_RETURN_IF_ERROR(g_.SetAttr(arg, "T", kVariant));
      stack_of_[{arg, 0}] = lists_.size();
      lists_.push_back({arg, 0});
    }
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g_));
    for (NodeId id : order) {
      Status s = Visit(id);
      if (!s.ok()) return NodeError(g_.node(id), "graph", std::move(s));
    }
    for (NodeId id : pushed_stacks_) {  // those lists are complete now
      const size_t outer = stack_of_.at(g_.node(id).input(0));
      WEIR_RETURN_IF_ERROR(Push(id, outer, lists_[stack_of_.at(g_.node(id).input(1))]));
    }
    return {};
  }
  Endpoint Final(int stack_arg) const {
    const NodeId arg = ArgNodes(g_)[static_cast<size_t>(stack_arg)];
    return lists_[stack_of_.at({arg, 0})];
  }

  Status Finish() {
    for (NodeId id : g_.nodes()) {
      for (size_t i = 0; i < g_.node(id).inputs().size(); ++i) {
        auto to = replaced_.find(g_.node(id).input(static_cast<int>(i)));
        if (to != replaced_.end()) WEIR_RETURN_IF_ERROR(g_.SetInput(id, static_cast<int>(i), to->second));
      }
    }
    std::vector<bool> keep(static_cast<size_t>(g_.num_ids()), true);
    for (const auto& [id, after] : gone_) {
      WEIR_RETURN_IF_ERROR(HandOverControl(g_, id, after));
      keep[static_cast<size_t>(id.value)] = false;
    }
    return g_.Retain(keep);
  }

 private:
  Result<NodeId> Add(const Node& like, const char* op, std::vector<Endpoint> inputs, AttrMap attrs) {
    WEIR_ASSIGN_OR_RETURN(Endpoint added, AddInPlaceOf(g_, like, op, std::move(inputs), std::move(attrs)));
    return added.node;
  }
  Result<Endpoint> AddScalar(const Node& like, int value) {
    return AddInPlaceOf(g_, like, "Const", {}, {{"value", Tensor(value)}, {"dtype", kInt32}});
  }

  Status Visit(NodeId id) {
    const std::string verb = VerbOf(g_.node(id));
    if (verb == "Stack") return Make(id);
    std::vector<int> handles;  // inputs that are stacks
    for (size_t i = 0; i < g_.node(id).inputs().size(); ++i) {
      if (stack_of_.count(Read(id, static_cast<int>(i)))) handles.push_back(static_cast<int>(i));
    }
    if (!verb.empty()) {
      if (handles.empty() || handles[0] != 0) return InvalidArgument("has a handle that no stack gave");
      const size_t stack = stack_of_.at(Read(id, 0));
      if (verb == "StackClose") return Replace(id, "NoOp");
      if (verb == "StackPop") return Pop(id, stack);
      if (handles.size() == 1) return Push(id, stack, Read(id, 1));
      pushed_stacks_.push_back(id);
      return {};
    }
    if (handles.empty()) return finder_.Called(g_, g_.node(id)) ? Call(id, handles) : Status();
    if (g_.node(id).Is("Identity")) {
      const size_t stack = stack_of_.at(Read(id, 0));
      stack_of_[{id, 0}] = stack;
      gone_[id] = lists_[stack].node;
      return {};
    }
    if (g_.node(id).Is("_Retval")) return {};  // of a loop's body: whoever called it deals with that
    if (CallKindOf(g_, g_.node(id)) == CallKind::kNone) return InvalidArgument("reads the handle of a stack");
    return Call(id, handles);
  }
  Endpoint Read(NodeId id, int i) const {
    const Endpoint e = g_.node(id).input(i);
    auto it = replaced_.find(e);
    return it == replaced_.end() ? e : it->second;
  }

  Status Make(NodeId id) {
    const Node n = g_.node(id);
    DType dtype = n.type_attr("elem_type");
    if (dtype == kResource) dtype = kVariant;  // a stack of stacks
    WEIR_ASSIGN_OR_RETURN(Endpoint any, AddScalar(n, -1));
    WEIR_ASSIGN_OR_RETURN(NodeId list, Add(n, "EmptyTensorList", {any, any},
                                           {{"element_dtype", dtype}, {"shape_type", kInt32}}));
    stack_of_[{id, 0}] = lists_.size();
    lists_.push_back({list, 0});
    gone_[id] = list;
    return {};
  }

  Status Push(NodeId id, size_t stack, Endpoint value) {
    const Node n = g_.node(id);
    DType dtype = n.type_attr("T");
    if (dtype == kResource) dtype = kVariant;
    const AttrMap attrs{{"element_dtype", dtype}};
    WEIR_ASSIGN_OR_RETURN(NodeId list, Add(n, "TensorListPushBack", {lists_[stack], value}, attrs));
    lists_[stack] = {list, 0};
    replaced_[{id, 0}] = value;
    gone_[id] = list;
    return {};
  }

  Status Pop(NodeId id, size_t stack) {
    const Node n = g_.node(id);
    DType dtype = n.type_attr("elem_type");
    const bool pops_stack = dtype == kResource;
    if (pops_stack) dtype = kVariant;
    WEIR_ASSIGN_OR_RETURN(Endpoint any, AddScalar(n, -1));
    WEIR_ASSIGN_OR_RETURN(NodeId list, Add(n, "TensorListPopBack", {lists_[stack], any}, {{"element_dtype", dtype}}));
    lists_[stack] = {list, 0};
    if (pops_stack) {
      stack_of_[{id, 0}] = lists_.size();
      lists_.push_back({list, 1});
    } else {
      replaced_[{id, 0}] = {list, 1};
    }
    gone_[id] = list;
    return {};
  }

  Status Replace(NodeId id, const char* op) {
    const Node n = g_.node(id);
    WEIR_ASSIGN_OR_RETURN(gone_[id], Add(n, op, {}, {}));
    return {};
  }

  // A loop has the lists for variables; a branch or a call gives them behind its results.
  Status Call(NodeId id, const std::vector<int>& handles) {
    const CallKind kind = CallKindOf(g_, g_.node(id));
    const bool loop = kind == CallKind::kLoop;
    std::vector<int> args;
    for (int i : handles) args.push_back(i - FirstArgument(kind));
    std::vector<FuncRef> functions = CalledFunctions(g_, g_.node(id));
    bool effects = false;
    int num_results = 0;
    for (size_t k = 0; k < functions.size(); ++k) {
      const Function* f = library_.Find(functions[k].name);
      if (!f) return NotFound(fmt::format("calls function '{}', which the library does not have", functions[k].name));
      Graph body = f->body;
      Stacks inner(body, library_, finder_);
      WEIR_RETURN_IF_ERROR(inner.Run(args));
      const std::vector<NodeId> results = RetNodes(body);
      if (!(loop && k == 0)) num_results = static_cast<int>(results.size());
      for (size_t j = 0; j < args.size(); ++j) {
        if (loop && k == 0) continue;
        if (loop) {
          const NodeId result = results[static_cast<size_t>(args[j])];
          WEIR_RETURN_IF_ERROR(body.SetInput(result, 0, inner.Final(args[j])));
          WEIR_RETURN_IF_ERROR(body.SetAttr(result, "T", kVariant));
        } else {
          const auto index = static_cast<int64_t>(results.size() + j);
          WEIR_RETURN_IF_ERROR(AddRetval(body, fmt::format("list{}", j), index, inner.Final(args[j])).status());
        }
      }
      WEIR_RETURN_IF_ERROR(inner.Finish());
      effects |= HasEffects(body);
      WEIR_ASSIGN_OR_RETURN(functions[k], library_.Add(functions[k].name, std::move(body)));
    }
    return ChangeCall(id, kind, handles, functions, effects, num_results);
  }

  Status ChangeCall(NodeId id, CallKind kind, const std::vector<int>& handles, const std::vector<FuncRef>& functions,
                    bool effects, int num_results) {
    const Node n = g_.node(id);
    AttrMap changed;
    const char* const types = kind == CallKind::kLoop ? "T" : "Tin";
    std::vector<DType> in = n.attr<AttrList>(types).type;
    for (int i : handles) in[static_cast<size_t>(i - FirstArgument(kind))] = kVariant;
    changed[types] = in;
    if (n.def()->FindAttr("output_shapes")) changed["output_shapes"] = AttrList();
    if (kind != CallKind::kLoop) {
      std::vector<DType> out = n.attr<AttrList>("Tout").type;
      out.insert(out.end(), handles.size(), kVariant);
      changed["Tout"] = out;
    }
    WEIR_RETURN_IF_ERROR(SetCalledFunctions(g_, id, functions, changed));
    if (!effects && n.def()->stateful()) {
      std::string op = n.op();
      op = op.starts_with("Stateful") ? op.substr(8) : "Stateless" + op;
      WEIR_RETURN_IF_ERROR(g_.SetOp(id, op, AttrMap(g_.node(id).attrs())));
    }
    for (size_t j = 0; j < handles.size(); ++j) {
      const size_t stack = stack_of_.at(Read(id, handles[j]));
      WEIR_RETURN_IF_ERROR(g_.SetInput(id, handles[j], lists_[stack]));
      lists_[stack] = {id, kind == CallKind::kLoop ? handles[j] : num_results + static_cast<int>(j)};
    }
    return {};
  }

  Graph& g_;
  Library& library_;
  StackFinder& finder_;
  std::map<Endpoint, size_t> stack_of_;  // by handle
  std::vector<Endpoint> lists_;          // what each stack is now
  std::map<Endpoint, Endpoint> replaced_;
  std::map<NodeId, NodeId> gone_;        // and what is waited for instead
  std::vector<NodeId> pushed_stacks_;
};

}  // namespace

Result<bool> LowerStacks(Graph& g, PassContext&) {
  Library library(g);
  StackFinder finder(library);
  if (!finder.In(g)) return false;
  Stacks stacks(g, library, finder);
  WEIR_RETURN_IF_ERROR(stacks.Run({}));
  WEIR_RETURN_IF_ERROR(stacks.Finish());
  return true;
}

}  // namespace weir
