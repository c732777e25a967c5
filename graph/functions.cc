#include "weir/graph/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "weir/graph/infer.h"
#include "weir/graph/verify.h"

namespace weir {

namespace {

thread_local int call_depth = 0;

// Guards against functions that call themselves.
struct Depth {
  Depth() { ++call_depth; }
  ~Depth() { --call_depth; }
  bool too_deep() const { return call_depth > kMaxCallDepth; }
};

constexpr std::string_view kBranches = "branches";
constexpr char kStatesOf[] = "_states_of";  // an attribute of functions: see NameOfStates

// Names of the attributes that have one function each, in the order that matters.
std::span<const std::string_view> FunctionAttrs(CallKind kind) {
  static constexpr std::string_view kIf[] = {"then_branch", "else_branch"}, kLoop[] = {"cond", "body"}, kCall[] = {"f"},
                                    kCounted[] = {"body"};
  switch (kind) {
    case CallKind::kCall: return kCall;
    case CallKind::kIf: return kIf;
    case CallKind::kLoop: return kLoop;
    case CallKind::kCounted: return kCounted;
    case CallKind::kNone:
    case CallKind::kCase: break;
  }
  return {};
}

bool BindPlaceholders(AttrValue& v, const AttrMap& bound) {
  if (auto* p = v.get<AttrPlaceholder>()) {
    auto it = bound.find(p->name);
    if (it == bound.end()) return false;
    v = AttrValue(it->second);
    return true;
  }
  if (auto* f = v.get<FuncRef>()) {
    FuncRef copy = *f;
    for (auto& [name, value] : copy.attrs) {
      if (!BindPlaceholders(value, bound)) return false;
    }
    v = AttrValue(std::move(copy));
  }
  if (auto* list = v.get<AttrList>(); list && !list->func.empty()) {
    AttrList copy = *list;
    for (FuncRef& f : copy.func) {
      for (auto& [name, value] : f.attrs) {
        if (!BindPlaceholders(value, bound)) return false;
      }
    }
    v = AttrValue(std::move(copy));
  }
  return true;
}

std::vector<NodeId> ByIndex(const Graph& body, std::string_view op) {
  std::vector<NodeId> ids;
  for (NodeId id : body.nodes()) {
    const Node& n = body.node(id);
    if (!n.Is(op)) continue;
    int64_t index = n.attr<int64_t>("index");
    if (index < 0 || index > (1 << 20)) continue;
    if (index >= static_cast<int64_t>(ids.size())) ids.resize(index + 1);
    ids[index] = id;
  }
  return ids;
}

const AttrValue* BoundOrDefault(const Function& f, const AttrMap& bound, std::string_view attr) {
  if (auto it = bound.find(attr); it != bound.end()) return &it->second;
  auto d = std::find_if(f.attr_defs.begin(), f.attr_defs.end(), [&](const AttrDef& a) { return a.name == attr; });
  return d != f.attr_defs.end() && d->default_value ? &*d->default_value : nullptr;
}

// The dtypes that a signature gives its arguments or results, kInvalid where only a call tells; nullopt when not even
// their number is known.
std::optional<std::vector<DType>> DeclaredTypes(const Function& f, const std::vector<ArgDef>& args,
                                                const AttrMap& bound) {
  std::vector<DType> types;
  for (const ArgDef& a : args) {
    if (a.is_list || !a.number_attr.empty()) return std::nullopt;
    const AttrValue* v = a.type_attr.empty() ? nullptr : BoundOrDefault(f, bound, a.type_attr);
    types.push_back(BaseType(v && v->is<DType>() ? *v->get<DType>() : a.type));
  }
  return types;
}

// `given` is what the node hands over or takes, `f` what its function says.
Status CompareTypes(const Function& f, const char* what, const std::vector<DType>& given,
                    const std::optional<std::vector<DType>>& declared) {
  if (!declared) return {};
  if (given.size() != declared->size()) {
    return InvalidArgument(
        fmt::format("calls function '{}' of {} {}s with {}", f.name, declared->size(), what, given.size()));
  }
  for (size_t i = 0; i < given.size(); ++i) {
    DType want = (*declared)[i], have = BaseType(given[i]);
    if (want == have || want == DType::kInvalid || have == DType::kInvalid) continue;
    return InvalidArgument(fmt::format("calls function '{}' with {} for {} {}, which is {}", f.name, DTypeName(have),
                                       what, i, DTypeName(want)));
  }
  return {};
}

bool IsEffect(const Node& n) { return n.def() && n.def()->stateful() && !n.Is("_Arg") && !n.Is("_Retval"); }

// A body has arguments and results 0, 1, … once each.
Status CheckEnds(const Function& f, const Graph& body) {
  for (std::string_view op : {"_Arg", "_Retval"}) {
    std::vector<NodeId> ends = ByIndex(body, op);
    int64_t nodes = 0;
    for (NodeId id : body.nodes()) nodes += body.node(id).Is(op);
    bool complete = std::all_of(ends.begin(), ends.end(), [](NodeId id) { return id.valid(); });
    if (complete && nodes == static_cast<int64_t>(ends.size())) continue;
    return InvalidArgument(fmt::format("calls function '{}', whose {} are incomplete or doubled", f.name,
                                       op == "_Arg" ? "arguments" : "results"));
  }
  return {};
}

}  // namespace

CallKind CallKindOf(const Graph& g, const Node& n) {
  if (n.def()) return n.def()->calls();
  return g.FindFunction(n.op()) ? CallKind::kCall : CallKind::kNone;
}

std::vector<FuncRef> CalledFunctions(const Graph& g, const Node& n) {
  const CallKind kind = CallKindOf(g, n);
  if (kind == CallKind::kNone) return {};
  if (!n.def()) return {{n.op(), n.attrs()}};
  if (kind == CallKind::kCase) return n.attr<AttrList>(kBranches).func;
  std::vector<FuncRef> functions;
  for (std::string_view attr : FunctionAttrs(kind)) functions.push_back(n.attr<FuncRef>(attr));
  return functions;
}

std::vector<std::string> FunctionNames(const Graph& library, const Node& n) {
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    if (library.FindFunction(name)) names.push_back(name);
  };
  if (!n.def()) add(n.op());
  for (const auto& [attr, value] : n.attrs()) {
    if (const auto* f = value.get<FuncRef>()) add(f->name);
    if (const auto* list = value.get<AttrList>()) {
      for (const FuncRef& f : list->func) add(f.name);
    }
  }
  return names;
}

void RetainCalledFunctions(Graph& g) {
  std::set<std::string> called;
  std::vector<const Graph*> next{&g};
  auto reach = [&](const std::string& name) {
    const Function* f = g.FindFunction(name);
    if (f && called.insert(name).second) next.push_back(&f->body);
    return f;
  };
  while (!next.empty()) {
    const Graph& body = *next.back();
    next.pop_back();
    for (NodeId id : body.nodes()) {
      for (const std::string& name : FunctionNames(g, body[id])) reach(reach(name)->gradient);
    }
  }
  g.RetainFunctions(called);
}

Result<const Function*> FindCalled(const Graph& g, const FuncRef& f) {
  if (const Function* function = g.FindFunction(f.name)) return function;
  return NotFound(fmt::format("calls function '{}', which the library does not have", f.name));
}

Status SetCalledFunctions(Graph& g, NodeId id, const std::vector<FuncRef>& functions, const AttrMap& changed) {
  const Node& n = g.node(id);
  if (!n.def()) return g.SetOp(id, functions[0].name, functions[0].attrs);
  AttrMap attrs = n.attrs();
  for (const auto& [name, value] : changed) attrs[name] = value;
  if (n.def()->calls() == CallKind::kCase) {
    attrs[std::string(kBranches)] = AttrList{.func = functions};
  } else {
    const auto names = FunctionAttrs(n.def()->calls());
    for (size_t i = 0; i < names.size(); ++i) attrs[std::string(names[i])] = functions[i];
  }
  return g.SetOp(id, std::string(n.op()), std::move(attrs));
}

Status CheckCall(const Graph& g, const Node& n) {
  const CallKind kind = CallKindOf(g, n);
  if (kind == CallKind::kNone) return {};
  std::vector<DType> in, out;
  for (Endpoint e : n.inputs()) in.push_back(g.type(e).dtype);
  for (const OutputType& t : n.outputs()) out.push_back(t.dtype);
  if (FirstArgument(kind) == 1) {
    if (in[0] == kResource) return InvalidArgument("has a resource for a condition");
    in.erase(in.begin());
  }
  if (kind == CallKind::kCounted) in.erase(in.begin() + 1, in.begin() + 3);
  const std::vector<FuncRef> functions = CalledFunctions(g, n);
  for (size_t i = 0; i < functions.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(const Function* f, FindCalled(g, functions[i]));
    WEIR_RETURN_IF_ERROR(CompareTypes(*f, "argument", in, DeclaredTypes(*f, f->args, functions[i].attrs)));
    auto results = DeclaredTypes(*f, f->rets, functions[i].attrs);
    const bool condition = kind == CallKind::kLoop && i == 0;
    if (condition && results && (results->size() != 1 || results->front() == kResource)) {
      return InvalidArgument(
          fmt::format("has the condition '{}' of {} results; a condition gives one tensor", f->name, results->size()));
    }
    if (!condition) WEIR_RETURN_IF_ERROR(CompareTypes(*f, "result", out, results));
  }
  return {};
}

std::vector<NodeId> ArgNodes(const Graph& body) { return ByIndex(body, "_Arg"); }
std::vector<NodeId> RetNodes(const Graph& body) { return ByIndex(body, "_Retval"); }

std::vector<DType> ResultDTypes(const Graph& body) {
  std::vector<DType> types;
  for (NodeId id : RetNodes(body)) types.push_back(body.node(id).type_attr("T"));
  return types;
}

std::set<NodeId> EffectNodes(const Function& f, const Graph& body) {
  std::set<NodeId> effects;
  for (const auto& [name, node] : f.control_ret) {
    NodeId id = body.Find(node);
    if (id.valid() && IsUnknownOp(body, body.node(id))) effects.insert(id);
  }
  for (NodeId id : body.nodes()) {
    if (IsEffect(body.node(id))) effects.insert(id);
  }
  return effects;
}

Status DropUnread(const Function& f, Graph& body) {
  std::vector<NodeId> roots = ArgNodes(body);
  for (NodeId id : RetNodes(body)) roots.push_back(id);
  for (NodeId id : EffectNodes(f, body)) roots.push_back(id);
  return body.Retain(NeededBy(body, std::move(roots)));
}

const char* CallOp(const Graph& g, const FuncRef& f) {
  const Function* function = g.FindFunction(f.name);
  return function && function->stateful ? "StatefulPartitionedCall" : "PartitionedCall";
}

bool TouchesResource(const Graph& g, const Node& n) {
  return std::any_of(n.inputs().begin(), n.inputs().end(),
                     [&](Endpoint e) { return BaseType(g.type(e).dtype) == kResource; });
}

namespace {

// Whether a body, or what it calls, has an op that waits; `seen` are the functions that were looked at.
bool MayWait(const Graph& library, const Node& n, std::set<std::string>* seen) {
  if (n.def() && n.def()->waits()) return true;
  for (const FuncRef& f : CalledFunctions(library, n)) {
    auto called = FindCalled(library, f);
    if (!called.ok() || !seen->insert(f.name).second) continue;
    const Graph& body = (*called)->body;
    for (NodeId id : body.nodes()) {
      if (MayWait(library, body.node(id), seen)) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<bool> WaitingNodes(const Graph& g) {
  std::vector<bool> waits(static_cast<size_t>(g.num_ids()));
  for (NodeId id : g.nodes()) {
    std::set<std::string> seen;
    waits[static_cast<size_t>(id.value)] = MayWait(g, g.node(id), &seen);
  }
  return waits;
}

const std::string& NameOfStates(const Function& f) {
  auto it = f.attrs.find(kStatesOf);
  const std::string* name = it == f.attrs.end() ? nullptr : it->second.get<std::string>();
  return name ? *name : f.name;
}

void KeepStatesOf(const Function& other, Function& f) {
  const std::vector<NodeId> nodes = f.body.nodes();
  const auto keeps = [&](NodeId id) { return f.body.node(id).def() && f.body.node(id).def()->keeps_state(); };
  if (std::any_of(nodes.begin(), nodes.end(), keeps)) f.attrs[kStatesOf] = NameOfStates(other);
}

bool HasEffects(const Graph& body) {
  const std::vector<NodeId> nodes = body.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) { return IsEffect(body.node(id)); });
}

bool HasBody(const Function& f) {
  return f.body.num_nodes() > 0 || (f.args.empty() && f.rets.empty() && f.control_ret.empty());
}

Result<Graph> Instantiate(const Graph& g, const Function& f, const AttrMap& attrs,
                          const std::vector<OutputType>& arg_types) {
  InferenceScope scope;
  Depth depth;
  if (depth.too_deep())
    return InvalidArgument(fmt::format("calls function '{}' {} calls deep: functions that call themselves are refused",
                                       f.name, kMaxCallDepth));
  if (!HasBody(f))
    return Unimplemented(fmt::format(
        "calls function '{}', which has lists of a length that its caller tells: Weir does not read those", f.name));
  Graph body = f.body;
  body.ShareFunctions(g);
  WEIR_RETURN_IF_ERROR(CountInferred(f, body));
  WEIR_RETURN_IF_ERROR(CheckEnds(f, body));
  std::vector<NodeId> args = ArgNodes(body);
  if (args.size() != arg_types.size())
    return InvalidArgument(
        fmt::format("calls function '{}' of {} arguments with {}", f.name, args.size(), arg_types.size()));
  AttrMap bound = attrs;
  for (const AttrDef& d : f.attr_defs) {
    if (d.default_value) bound.emplace(d.name, *d.default_value);
  }
  for (size_t i = 0; i < f.args.size() && i < arg_types.size(); ++i) {
    if (!f.args[i].type_attr.empty()) bound.emplace(f.args[i].type_attr, arg_types[i].dtype);
  }
  for (NodeId id : body.nodes()) {
    AttrMap attrs = body.node(id).attrs();
    bool changed = false;
    for (auto& [name, value] : attrs) {
      const AttrValue was = value;
      if (!BindPlaceholders(value, bound))
        return InvalidArgument(
            fmt::format("calls function '{}' without a value for the attribute that its node '{}' needs", f.name,
                        body.node(id).name()));
      changed |= !(value == was);
    }
    if (changed) WEIR_RETURN_IF_ERROR(body.SetOp(id, std::string(body.node(id).op()), std::move(attrs)));
  }
  KnownTypes known;
  for (size_t i = 0; i < args.size(); ++i) {
    DType want = BaseType(body.node(args[i]).output(0).dtype), have = BaseType(arg_types[i].dtype);
    WEIR_RETURN_IF_ERROR(CompareTypes(f, "argument", {have}, std::vector<DType>{want}));
    OutputType& type = known[{args[i], 0}] = arg_types[i];
    if (have == DType::kInvalid) type.dtype = want;
  }
  WEIR_RETURN_IF_ERROR(InferGraph(body, known));
  return body;
}

}  // namespace weir
