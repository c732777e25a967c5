// Freezing walks the graph from inputs to users. A variable becomes a Const; a handle that becomes a tensor changes
// each op that takes it (ReadVariableOp to Identity, …), and where it goes into a function, a copy of that function.
#include "weir/session/save/freeze.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"
#include "weir/graph/verify.h"
#include "weir/ops/model/variables.h"
#include "weir/session/compile/passes.h"
#include "weir/session/session.h"

namespace weir {

namespace {

// What hands a handle on. By name: a frozen graph keeps TensorFlow 1's control flow, whose attribute T is the handle's.
constexpr std::string_view kPassing[] = {"Identity", "Enter", "Exit", "Switch", "Merge", "NextIteration"};

class Freezer {
 public:
  Freezer(const Session& session, Graph& library) : session_(session), library_(library) {}

  // `held`: outputs that were handles, and the dtype of the tensors that they are now; those that follow are added.
  Status Freeze(Graph& g, std::map<Endpoint, DType>* held) {
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
    for (NodeId id : order) {
      if (Status s = Visit(g, id, held); !s.ok()) return NodeError(g[id], "variable", std::move(s));
    }
    return {};
  }

 private:
  using Held = std::map<Endpoint, DType>;

  Status Visit(Graph& g, NodeId id, Held* held) {
    if (IsVariable(g[id])) return FreezeVariable(g, id, held);
    const Node& n = g[id];
    const CallKind kind = CallKindOf(library_, n);
    if (kind != CallKind::kNone && kind != CallKind::kCounted) return FreezeCall(g, id, held);
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      if (auto it = held->find(n.input(static_cast<int>(i))); it != held->end())
        return FreezeUse(g, id, it->second, held);
      if (references_.count({&g, n.input(static_cast<int>(i))}))
        WEIR_RETURN_IF_ERROR(FreezeReferenceUse(g, id, static_cast<int>(i)));
    }
    return {};
  }

  Status FreezeVariable(Graph& g, NodeId id, Held* held) {
    const bool handle = g[id].Is("VarHandleOp");
    const std::string name = CheckpointName(g[id]);
    WEIR_ASSIGN_OR_RETURN(auto value, session_.FindValue(name));
    changed_ = true;
    if (!value) {
      return FailedPrecondition("cannot be frozen: it has no value in the session")
          .Help("run its initialiser, or restore a checkpoint");
    }
    WEIR_RETURN_IF_ERROR(MakeConstant(g, id, std::move(*value)));
    if (handle) (*held)[{id, 0}] = g[id].type_attr("dtype");
    else references_.insert({&g, {id, 0}});
    return {};
  }

  static Status MakeConstant(Graph& g, NodeId id, Tensor value) {
    DType dtype = value.dtype();
    WEIR_RETURN_IF_ERROR(g.SetInputs(id, {}, g[id].control_inputs()));
    return g.SetOp(id, "Const", {{"dtype", dtype}, {"value", std::move(value)}});
  }

  static Status Changes() {
    return FailedPrecondition("changes a variable, and the outputs need it: that cannot be frozen")
        .Help("name outputs that do not depend on training or on updates of statistics");
  }

  // An op that took the reference as such.
  static Status FreezeReferenceUse(Graph& g, NodeId id, int input) {
    const Node& n = g[id];
    if (n.Is("IsVariableInitialized")) {
      return MakeConstant(g, id, Tensor(true));
    }
    if (!n.def()) return {};
    const auto& writes = n.def()->writes();
    return std::find(writes.begin(), writes.end(), input) == writes.end() ? Status() : Changes();
  }

  // An op on a handle becomes the op on the tensor. Why by name: each has another counterpart.
  static Status FreezeUse(Graph& g, NodeId id, DType dtype, Held* held) {
    const Node& n = g[id];
    if (n.Is("_Retval")) return {};  // FreezeFunction's business
    if (n.Is("ReadVariableOp")) {
      WEIR_RETURN_IF_ERROR(g.SetOp(id, "Identity", {{"T", dtype}}));
    } else if (n.Is("VariableShape")) {
      WEIR_RETURN_IF_ERROR(g.SetOp(id, "Shape", {{"T", dtype}, {"out_type", n.type_attr("out_type")}}));
    } else if (n.Is("VarIsInitializedOp")) {
      return MakeConstant(g, id, Tensor(true));
    } else if (n.Is("DisableCopyOnRead")) {
      WEIR_RETURN_IF_ERROR(g.SetInputs(id, {}, n.control_inputs()));
      WEIR_RETURN_IF_ERROR(g.SetOp(id, "NoOp", {}));
    } else if (n.Is("ResourceGather")) {
      return FreezeGather(g, id, dtype);
    } else if (n.Is("ResourceGatherNd")) {
      WEIR_RETURN_IF_ERROR(g.SetOp(id, "GatherNd", {{"Tparams", dtype}, {"Tindices", n.type_attr("Tindices")}}));
    } else if (std::find(std::begin(kPassing), std::end(kPassing), n.op()) != std::end(kPassing)) {
      WEIR_RETURN_IF_ERROR(g.SetAttr(id, "T", dtype));
      (*held)[{id, 0}] = dtype;
      if (n.Is("Switch")) (*held)[{id, 1}] = dtype;
    } else if (n.def() && !n.def()->writes().empty()) {
      return Changes();
    } else {
      return Unimplemented("takes the handle of a variable, and Weir does not know what it would do with a constant");
    }
    return {};
  }

  static Status FreezeGather(Graph& g, NodeId id, DType dtype) {
    const auto batch_dims = g[id].attr<int64_t>("batch_dims");
    const DType indices = g[id].type_attr("Tindices");
    NodeSpec axis{.op = "Const", .name = g.UniqueName(g[id].name() + "/axis")};
    axis.attrs = {{"dtype", kInt32}, {"value", Tensor(static_cast<int32_t>(batch_dims))}};
    WEIR_ASSIGN_OR_RETURN(NodeId a, g.AddRaw(std::move(axis)));
    WEIR_RETURN_IF_ERROR(g.SetInputs(id, {g[id].input(0), g[id].input(1), {a, 0}}, g[id].control_inputs()));
    WEIR_RETURN_IF_ERROR(g.SetOp(
        id, "GatherV2", {{"Tparams", dtype}, {"Tindices", indices}, {"Taxis", kInt32}, {"batch_dims", batch_dims}}));
    return {};
  }

  // ---- functions

  struct Frozen {
    std::string name;                  // of the copy; the function's own where nothing had to change
    std::map<int64_t, DType> results;  // those that are handed-on handles no more
  };

  // A call, branch or loop: each of its functions takes tensors where it took handles.
  Status FreezeCall(Graph& g, NodeId id, Held* held) {
    const Node& n = g[id];
    const CallKind kind = CallKindOf(library_, n);
    const bool loop = kind == CallKind::kLoop;
    std::map<int64_t, DType> args;
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      if (auto it = held->find(n.input(static_cast<int>(i))); it != held->end())
        args[static_cast<int64_t>(i) - FirstArgument(kind)] = it->second;
    }
    std::map<int64_t, DType> results;
    std::vector<FuncRef> functions = CalledFunctions(library_, n);
    bool others = false;
    for (FuncRef& ref : functions) {
      WEIR_ASSIGN_OR_RETURN(Frozen f, FreezeFunction(ref.name, args));
      results = f.results;  // of a loop the body's, which is the last
      others |= f.name != ref.name;
      ref.name = f.name;
    }
    if (others) WEIR_RETURN_IF_ERROR(SetCalledFunctions(g, id, functions));
    changed_ |= others;
    if (loop && results != args)
      return Unimplemented("has a body that does not hand the variables' handles on as it got them");
    WEIR_RETURN_IF_ERROR(SetTypes(g, id, args, results));
    for (const auto& [i, dtype] : results) (*held)[{id, static_cast<int32_t>(i)}] = dtype;
    return {};
  }

  // The attributes that tell the dtypes of a call's arguments and results.
  static Status SetTypes(Graph& g, NodeId id, const std::map<int64_t, DType>& args,
                         const std::map<int64_t, DType>& results) {
    if (args.empty() && results.empty()) return {};
    AttrMap attrs = g[id].attrs();
    attrs.erase("output_shapes"), attrs.erase("_output_shapes");  // told of handles
    auto change = [&](const char* attr, const std::map<int64_t, DType>& at) {
      const AttrValue* v = g[id].FindAttr(attr);
      if (!v || !v->is<AttrList>()) return;
      AttrList list = *v->get<AttrList>();
      for (const auto& [i, dtype] : at) {
        if (i >= 0 && i < static_cast<int64_t>(list.type.size())) list.type[static_cast<size_t>(i)] = dtype;
      }
      attrs[attr] = std::move(list);
    };
    change("Tin", args), change("T", args), change("Tout", results);
    return g.SetOp(id, std::string(g[id].op()), std::move(attrs));
  }

  Result<Frozen> FreezeFunction(const std::string& name, const std::map<int64_t, DType>& args) {
    auto known = functions_.find({name, args});
    if (known != functions_.end()) return known->second;
    const Function* f = library_.FindFunction(name);
    if (!f) return NotFound(fmt::format("calls function '{}', which the library does not have", name));
    if (++depth_ > kMaxCallDepth) return InvalidArgument(fmt::format("calls function '{}', which calls itself", name));
    Function copy = *f;
    copy.body.RetainFunctions({});  // of the library as it was; calls look into ours
    Held held;
    const bool changed_before = std::exchange(changed_, !args.empty());
    for (NodeId arg : ArgNodes(copy.body)) {
      if (!arg.valid()) continue;
      auto it = args.find(copy.body[arg].attr<int64_t>("index"));
      if (it == args.end()) continue;
      WEIR_RETURN_IF_ERROR(copy.body.SetOp(arg, "_Arg", {{"T", it->second}, {"index", it->first}}));
      held[{arg, 0}] = it->second;
      if (it->first < static_cast<int64_t>(copy.args.size()))
        SetType(&copy.args[static_cast<size_t>(it->first)], it->second);
    }
    WEIR_RETURN_IF_ERROR(Freeze(copy.body, &held));
    Frozen result{name, {}};
    for (NodeId ret : RetNodes(copy.body)) {
      if (!ret.valid() || copy.body[ret].inputs().empty()) continue;
      auto it = held.find(copy.body[ret].input(0));
      if (it == held.end()) continue;
      const auto index = copy.body[ret].attr<int64_t>("index");
      WEIR_RETURN_IF_ERROR(copy.body.SetAttr(ret, "T", it->second));
      if (index < static_cast<int64_t>(copy.rets.size())) SetType(&copy.rets[static_cast<size_t>(index)], it->second);
      result.results[index] = it->second;
    }
    --depth_;
    if (std::exchange(changed_, changed_before)) {
      for (int i = 0; library_.FindFunction(result.name); ++i)
        result.name = fmt::format("{}_frozen{}", name, i ? fmt::format("_{}", i) : "");
      copy.name = result.name, copy.unknown_fields.clear();  // which tell of handles
      WEIR_RETURN_IF_ERROR(library_.AddFunction(std::move(copy)));
    }
    return functions_[{name, args}] = result;
  }

  static void SetType(ArgDef* a, DType dtype) { a->type = dtype, a->type_attr.clear(); }

  const Session& session_;
  Graph& library_;
  std::set<std::pair<const Graph*, Endpoint>> references_;
  std::map<std::pair<std::string, std::map<int64_t, DType>>, Frozen> functions_;
  int depth_ = 0;
  bool changed_ = false;  // the body at hand
};

// A composite op that is given a handle becomes what it stands for, in which variables can be found.
Status ExpandWhatTakesHandles(Graph& g) {
  auto takes_handle = [&](NodeId id) {
    const Node& n = g.node(id);
    const auto& inputs = n.inputs();
    return n.def() && n.def()->expansion() &&
           std::any_of(inputs.begin(), inputs.end(), [&](Endpoint e) { return g.type(e).dtype == kResource; });
  };
  const std::vector<NodeId> nodes = g.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), takes_handle)) return {};
  PassContext context = MakePassContext(Precision::kExact);
  return ExpandComposites(g, context).status();
}

}  // namespace

Result<Graph> FreezeGraph(const Session& session, const std::vector<std::string>& outputs) {
  Graph g = session.graph();
  std::vector<NodeId> roots;
  for (const std::string& name : outputs) {
    auto e = g.ParseEndpoint(name);
    if (!e.ok()) return Status(e.status().code(), "error[fetch]: " + e.status().message()).Help(e.status().help());
    roots.push_back(e->node);
  }
  if (roots.empty()) return InvalidArgument("error[fetch]: a graph cannot be frozen without naming outputs");
  WEIR_RETURN_IF_ERROR(g.Retain(NeededBy(g, roots)));
  // A file's graph has not been looked at; inference looks at the bodies, too.
  WEIR_RETURN_IF_ERROR(Verify(g));
  WEIR_RETURN_IF_ERROR(InferGraph(g));
  g.file_info().meta.reset(), g.local_variables().clear();
  g.file_info().library_unknown_fields.clear();
  WEIR_RETURN_IF_ERROR(ExpandWhatTakesHandles(g));
  std::map<Endpoint, DType> held;
  WEIR_RETURN_IF_ERROR(Freezer(session, g).Freeze(g, &held));
  WEIR_RETURN_IF_ERROR(g.Retain(NeededBy(g, roots)));
  WEIR_RETURN_IF_ERROR(DropLostColocations(g));
  g.Compact();
  RetainCalledFunctions(g);
  WEIR_RETURN_IF_ERROR(Verify(g));
  WEIR_RETURN_IF_ERROR(InferGraph(g));
  return g;
}

Result<Graph> FreezeGraph(const Session& session, const std::vector<Output>& outputs) {
  std::vector<std::string> names;
  for (const Output& o : outputs) {
    if (!o.valid())
      return InvalidArgument("error[fetch]: an invalid output was given")
          .Help("the builder's status() tells what failed; where it is OK, nothing made the output");
    names.push_back(o.name());
  }
  return FreezeGraph(session, names);
}

}  // namespace weir
