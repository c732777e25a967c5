#include "weir/graph/functions.h"

#include <fmt/format.h>

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

OutputType Merge(const OutputType& a, const OutputType& b) {
  OutputType t = a;
  t.value.reset();
  if (a.dtype != b.dtype || !a.shape.known_rank() || !b.shape.known_rank() || a.shape.rank() != b.shape.rank()) {
    t.shape = PartialShape::Unknown();
    return t;
  }
  for (int i = 0; i < a.shape.rank(); ++i) {
    if (!SameDim(a.shape[i], b.shape[i])) t.shape[i] = kUnknownDim;
  }
  return t;
}

Result<std::vector<OutputType>> ResultTypes(const Graph& g, const Node& n, std::string_view attr, const std::vector<OutputType>& args) {
  WEIR_ASSIGN_OR_RETURN(const Function* f, CalledFunction(g, n, attr));
  const FuncRef* ref = attr.empty() ? nullptr : n.FindAttr(attr)->get<FuncRef>();
  WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(g, *f, ref ? ref->attrs : n.attrs(), args));
  std::vector<OutputType> types;
  for (NodeId id : RetNodes(body)) {
    if (!id.valid() || body.node(id).inputs().empty()) return InvalidArgument(fmt::format("calls function '{}', whose results are incomplete", f->name));
    types.push_back(body.type(body.node(id).input(0)));
    if (types.back().dtype == DType::kInvalid) types.back().dtype = body.node(id).type_attr("T");  // of an unknown op
  }
  return types;
}

Result<std::vector<OutputType>> LoopTypes(const Graph& g, const Node& n, std::vector<OutputType> args) {
  // A loop variable keeps the part of its shape that the body keeps; each round gives up at least one size.
  for (int round = 0; round < 3 * kMaxRank; ++round) {
    for (OutputType& t : args) t.value.reset();
    WEIR_ASSIGN_OR_RETURN(auto after, ResultTypes(g, n, "body", args));
    if (after.size() != args.size()) return InvalidArgument(fmt::format("has a body of {} results for {} loop variables", after.size(), args.size()));
    bool changed = false;
    for (size_t i = 0; i < args.size(); ++i) {
      OutputType merged = Merge(args[i], after[i]);
      changed |= !(merged.shape == args[i].shape);
      args[i] = std::move(merged);
    }
    if (!changed) break;
  }
  return args;
}

}  // namespace

std::span<const std::string_view> FunctionAttrs(const Node& n) {
  static constexpr std::string_view kBranches[] = {"then_branch", "else_branch"}, kLoop[] = {"cond", "body"}, kCall[] = {"f"};
  if (n.Is("If") || n.Is("StatelessIf")) return kBranches;
  if (n.Is("While") || n.Is("StatelessWhile")) return kLoop;
  if (n.Is("PartitionedCall") || n.Is("StatefulPartitionedCall")) return kCall;
  return {};
}

Result<const Function*> CalledFunction(const Graph& g, const Node& n, std::string_view attr) {
  std::string name = n.op();
  if (!attr.empty()) {
    const AttrValue* v = n.FindAttr(attr);
    if (!v || !v->is<FuncRef>()) return InvalidArgument(fmt::format("lacks the attribute '{}' (func)", attr));
    name = v->get<FuncRef>()->name;
  }
  const Function* f = g.FindFunction(name);
  if (!f) return NotFound(fmt::format("calls function '{}', which the library does not have", name));
  return f;
}

std::vector<NodeId> ArgNodes(const Graph& body) { return ByIndex(body, "_Arg"); }
std::vector<NodeId> RetNodes(const Graph& body) { return ByIndex(body, "_Retval"); }

std::set<NodeId> EffectNodes(const Function& f, const Graph& body) {
  std::set<NodeId> effects;
  for (const auto& [name, node] : f.control_ret) {
    NodeId id = body.Find(node);
    if (id.valid() && IsUnknownOp(body, body.node(id))) effects.insert(id);
  }
  for (NodeId id : body.nodes()) {
    const Node& n = body.node(id);
    if (n.def() && n.def()->stateful() && !n.Is("_Arg") && !n.Is("_Retval")) effects.insert(id);
  }
  return effects;
}

bool HasBody(const Function& f) {
  return f.body.num_nodes() > 0 || (f.args.empty() && f.rets.empty() && f.control_ret.empty());
}

Result<Graph> Instantiate(const Graph& g, const Function& f, const AttrMap& attrs, const std::vector<OutputType>& arg_types) {
  Depth depth;
  if (depth.too_deep()) return InvalidArgument(fmt::format("calls function '{}' {} calls deep: functions that call themselves are refused", f.name, kMaxCallDepth));
  if (!HasBody(f)) return Unimplemented(fmt::format("calls function '{}', which has lists of a length that its caller tells: Weir does not read those", f.name));
  Graph body = f.body;
  body.ShareFunctions(g);
  std::vector<NodeId> args = ArgNodes(body);
  if (args.size() != arg_types.size()) return InvalidArgument(fmt::format("calls function '{}' of {} arguments with {}", f.name, args.size(), arg_types.size()));
  AttrMap bound = attrs;
  for (const AttrDef& d : f.attr_defs) {
    if (d.default_value) bound.emplace(d.name, *d.default_value);
  }
  for (size_t i = 0; i < f.args.size() && i < arg_types.size(); ++i) {
    if (!f.args[i].type_attr.empty()) bound.emplace(f.args[i].type_attr, arg_types[i].dtype);
  }
  for (NodeId id : body.nodes()) {
    AttrMap changed;
    for (const auto& [name, value] : body.node(id).attrs()) {
      AttrValue v = value;
      if (!BindPlaceholders(v, bound)) return InvalidArgument(fmt::format("calls function '{}' without a value for the attribute that its node '{}' needs", f.name, body.node(id).name()));
      if (!(v == value)) changed[name] = std::move(v);
    }
    for (auto& [name, value] : changed) body.SetAttr(id, name, std::move(value));
  }
  std::unordered_map<Endpoint, OutputType, EndpointHash> known;
  for (size_t i = 0; i < args.size(); ++i) {
    if (!args[i].valid()) return InvalidArgument(fmt::format("calls function '{}', whose argument {} is missing", f.name, i));
    OutputType& have = known[{args[i], 0}] = arg_types[i];
    if (have.dtype == DType::kInvalid) have.dtype = body.node(args[i]).output(0).dtype;  // of an unknown op
    if (body.node(args[i]).output(0).dtype != DType::kInvalid && BaseType(body.node(args[i]).output(0).dtype) != BaseType(have.dtype)) {
      return InvalidArgument(fmt::format("calls function '{}' with {} for argument {}, which is {}", f.name, DTypeName(arg_types[i].dtype), i, DTypeName(body.node(args[i]).output(0).dtype)));
    }
  }
  WEIR_RETURN_IF_ERROR(InferGraph(body, known));
  return body;
}

Status InferCall(Graph& g, NodeId id) {
  const Node& n = g.node(id);
  bool by_name = !n.def() && g.FindFunction(n.op());
  auto attrs = FunctionAttrs(n);
  if (attrs.empty() && !by_name) return {};
  bool branch = attrs.size() == 2 && attrs[0] == "then_branch", loop = attrs.size() == 2 && !branch;
  std::vector<OutputType> args;
  for (size_t i = branch ? 1 : 0; i < n.inputs().size(); ++i) args.push_back(g.type(n.input(static_cast<int>(i))));
  auto infer = [&]() -> Result<std::vector<OutputType>> {
    if (loop) return LoopTypes(g, n, args);
    WEIR_ASSIGN_OR_RETURN(auto types, ResultTypes(g, n, by_name ? std::string_view() : attrs[0], args));
    if (!branch) return types;
    WEIR_ASSIGN_OR_RETURN(auto other, ResultTypes(g, n, attrs[1], args));
    if (types.size() != other.size()) return InvalidArgument(fmt::format("has branches of {} and {} results", types.size(), other.size()));
    for (size_t i = 0; i < types.size(); ++i) types[i] = Merge(types[i], other[i]);
    return types;
  };
  auto types = infer();
  if (!types.ok()) return NodeError(n, "function", types.status());
  for (size_t i = 0; i < n.outputs().size() && i < types->size(); ++i) {
    DType want = n.output(static_cast<int>(i)).dtype;
    if (want != DType::kInvalid && BaseType(want) != BaseType((*types)[i].dtype)) {
      return NodeError(n, "function", InvalidArgument(fmt::format("promises {} for output {}, but the function gives {}", DTypeName(want), i, DTypeName((*types)[i].dtype))));
    }
    g.SetOutputType(id, static_cast<int>(i), (*types)[i]);
  }
  return {};
}

}  // namespace weir
