// Inference through calls, branches and loops. Equal instantiations are inferred once within a scope, so that functions
// that call each other twice cost what they are long, not what they unfold to; what is still too much is refused.
#include <fmt/format.h>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"

namespace weir {

namespace {

// Calls `fn` with every dimension that a type knows of, in a fixed order. `types` may be const.
template <class Types, class Fn>
void ForEachDim(Types& types, Fn fn) {
  auto each = [&](auto& dims) {
    for (size_t i = 0; i < dims.size(); ++i) fn(dims[i]);
  };
  for (auto& t : types) {
    for (auto* shape : {&t.shape, &t.handle_shape}) {
      for (int i = 0; i < shape->rank(); ++i) fn((*shape)[i]);
    }
    if (t.value) each(*t.value);
  }
}

constexpr int kMaxRounds = 3 * kMaxRank;  // of a loop's inference, before all sizes are given up

bool IsSymbol(Dim d) { return d < kUnknownDim; }

size_t HashOf(const Function* f, const std::vector<OutputType>& types) {
  size_t h = std::hash<const Function*>()(f);
  auto mix = [&](int64_t v) { h = (h ^ static_cast<size_t>(v)) * 0x9E3779B97F4A7C15ull, h ^= h >> 29; };
  for (const OutputType& t : types) mix(static_cast<int64_t>(t.dtype)), mix(t.shape.rank());
  ForEachDim(types, [&](Dim d) { mix(Known(d) ? d : -1); });
  return h;
}

// What was inferred of one instantiation.
struct Instance {
  const Function* function;
  AttrMap attrs;
  std::vector<OutputType> args, results;
};

struct Learnt {
  int scopes = 0;
  int64_t nodes = 0;
  std::unordered_multimap<size_t, Instance> instances;
};
thread_local Learnt learnt;

// The results of `known` for other arguments. A size that the arguments do not tell is a new one: two calls may give
// two.
std::vector<OutputType> ResultsFor(const Instance& known, std::map<Dim, Dim> symbols) {
  std::vector<OutputType> results = known.results;
  ForEachDim(results, [&](Dim& d) {
    if (!IsSymbol(d)) return;
    auto [it, unknown] = symbols.emplace(d, 0);
    if (unknown) it->second = NewSymbol();
    d = it->second;
  });
  return results;
}

OutputType Merge(const OutputType& a, const OutputType& b) {
  OutputType t = a;
  t.value.reset();
  if (a.handle_dtype != b.handle_dtype) t.handle_dtype = DType::kInvalid;
  t.handle_shape = CommonShape(a.handle_shape, b.handle_shape);
  if (!a.SameResource(b)) t.resource = nullptr;
  t.shape = a.dtype == b.dtype ? CommonShape(a.shape, b.shape) : PartialShape::Unknown();
  return t;
}

Result<std::vector<OutputType>> InferResults(const Graph& g, const Function& f, const AttrMap& attrs,
                                             const std::vector<OutputType>& args) {
  WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(g, f, attrs, args));
  std::vector<OutputType> types;
  for (NodeId id : RetNodes(body)) {
    types.push_back(body.type(body.node(id).input(0)));
    if (types.back().dtype == DType::kInvalid) types.back().dtype = body.node(id).type_attr("T");  // of an unknown op
  }
  return types;
}

Result<std::vector<OutputType>> ResultTypes(const Graph& g, const FuncRef& called,
                                            const std::vector<OutputType>& args) {
  WEIR_ASSIGN_OR_RETURN(const Function* f, FindCalled(g, called));
  const AttrMap& attrs = called.attrs;
  InferenceScope scope;
  const size_t hash = HashOf(f, args);
  auto [begin, end] = learnt.instances.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second.function != f || !(it->second.attrs == attrs)) continue;
    if (auto symbols = SameButSymbols(it->second.args, args)) return ResultsFor(it->second, std::move(*symbols));
  }
  WEIR_ASSIGN_OR_RETURN(auto types, InferResults(g, *f, attrs, args));
  learnt.instances.emplace(hash, Instance{f, attrs, args, types});
  return types;
}

// What a function gives where the node, or the loop variable, has `want`.
Status CompareResults(const Function& f, const std::vector<OutputType>& want, const std::vector<OutputType>& have) {
  if (want.size() != have.size()) {
    return InvalidArgument(
        fmt::format("has {} outputs, but function '{}' gives {} results", want.size(), f.name, have.size()));
  }
  for (size_t i = 0; i < want.size(); ++i) {
    DType a = BaseType(want[i].dtype), b = BaseType(have[i].dtype);
    if (a == b || a == DType::kInvalid || b == DType::kInvalid) continue;
    return InvalidArgument(
        fmt::format("has {} for output {}, but function '{}' gives {}", DTypeName(a), i, f.name, DTypeName(b)));
  }
  return {};
}

// The attribute output_shapes of a branch or loop says nothing else than what a function gives. It is checked and not
// relied on.
Status CompareShapes(const Function& f, const Node& n, const std::vector<OutputType>& have) {
  const AttrValue* v = n.def() && n.def()->FindAttr("output_shapes") ? n.FindAttr("output_shapes") : nullptr;
  if (!v || !v->is<AttrList>()) return {};
  const std::vector<PartialShape>& said = v->get<AttrList>()->shape;
  for (size_t i = 0; i < said.size() && i < have.size(); ++i) {
    if (MergeShapes(said[i], have[i].shape).ok()) continue;
    return InvalidArgument(fmt::format("has the shape {} for output {} in output_shapes, but function '{}' gives {}",
                                       said[i].ToString(), i, f.name, have[i].shape.ToString()));
  }
  return {};
}

Result<std::vector<OutputType>> CheckedResults(const Graph& g, const Node& n, const FuncRef& called,
                                               const std::vector<OutputType>& args) {
  WEIR_ASSIGN_OR_RETURN(auto types, ResultTypes(g, called, args));
  WEIR_ASSIGN_OR_RETURN(const Function* f, FindCalled(g, called));
  WEIR_RETURN_IF_ERROR(CompareResults(*f, n.outputs(), types));
  WEIR_RETURN_IF_ERROR(CompareShapes(*f, n, types));
  return types;
}

// What a loop pushes onto a list that is empty before it has the shape that it has in every iteration, though the list
// itself was not declared to: what the first iteration pushes, as far as the others do so, too.
void Refine(const Graph& g, const Node& n, const FuncRef& body, const std::vector<bool>& empty,
            std::vector<OutputType>* args) {
  std::vector<OutputType> first = *args, refined = *args;
  bool any = false;
  for (size_t i = 0; i < first.size(); ++i) {
    if (empty[i]) first[i].value = Dims{0}, any = true;
  }
  if (!any) return;
  auto after = CheckedResults(g, n, body, first);
  if (!after.ok()) return;
  for (size_t i = 0; i < refined.size(); ++i) {
    if (empty[i]) refined[i].handle_shape = (*after)[i].handle_shape;
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    auto again = CheckedResults(g, n, body, refined);
    if (!again.ok()) return;
    bool same = true;
    for (size_t i = 0; i < refined.size(); ++i) {
      OutputType merged = Merge(refined[i], (*again)[i]);
      same = same && merged.shape == refined[i].shape && merged.handle_shape == refined[i].handle_shape;
      refined[i] = std::move(merged);
    }
    if (!same) continue;
    *args = std::move(refined);
    return;
  }
}

Result<std::vector<OutputType>> LoopTypes(const Graph& g, const Node& n, const FuncRef& cond, const FuncRef& body,
                                          std::vector<OutputType> args) {
  std::vector<bool> empty;  // lists without items: their element shapes say nothing yet
  for (const OutputType& t : args) empty.push_back(t.dtype == kVariant && t.value && *t.value == Dims{0});
  // A loop variable keeps the part of its shape that the body keeps; each round gives up at least one size.
  bool changed = true;
  for (int round = 0; changed; ++round) {
    for (OutputType& t : args) {
      t.value.reset();
      if (round < kMaxRounds || t.dtype == kResource) continue;
      t.shape = t.handle_shape = PartialShape::Unknown();
    }
    WEIR_ASSIGN_OR_RETURN(auto after, CheckedResults(g, n, body, args));
    changed = false;
    for (size_t i = 0; i < args.size(); ++i) {
      OutputType merged = Merge(args[i], after[i]);
      changed |= !(merged.shape == args[i].shape) || !merged.SameResource(args[i]) ||
                 !(merged.handle_shape == args[i].handle_shape);
      args[i] = std::move(merged);
    }
  }
  Refine(g, n, body, empty, &args);
  WEIR_ASSIGN_OR_RETURN(auto condition, ResultTypes(g, cond, args));
  if (condition.size() != 1 || condition[0].dtype == kResource)
    return InvalidArgument("has a condition that does not give one tensor");
  return args;
}

Result<std::vector<OutputType>> BranchTypes(const Graph& g, const Node& n, const std::vector<FuncRef>& branches,
                                            const std::vector<OutputType>& args) {
  WEIR_ASSIGN_OR_RETURN(auto types, CheckedResults(g, n, branches[0], args));
  for (size_t k = 1; k < branches.size(); ++k) {
    WEIR_ASSIGN_OR_RETURN(auto other, CheckedResults(g, n, branches[k], args));
    for (size_t i = 0; i < types.size(); ++i) types[i] = Merge(types[i], other[i]);
  }
  return types;
}

// Of a loop that counts only dtypes and handles are told; the While that it becomes tells shapes.
Result<std::vector<OutputType>> CountedTypes(const Graph& g, const Node& n, const FuncRef& body,
                                             std::vector<OutputType> args) {
  args.erase(args.begin() + 1, args.begin() + 3);
  for (size_t i = 0; i < args.size(); ++i) {
    args[i].value.reset();
    if (i > 0 && args[i].dtype != kResource) args[i].shape = args[i].handle_shape = PartialShape::Unknown();
  }
  WEIR_ASSIGN_OR_RETURN(auto types, CheckedResults(g, n, body, args));
  for (size_t i = 0; i < types.size(); ++i) types[i] = Merge(args[i + 1], types[i]);
  return types;
}

Result<std::vector<OutputType>> CallTypes(const Graph& g, const Node& n) {
  const CallKind kind = CallKindOf(g, n);
  const std::vector<FuncRef> functions = CalledFunctions(g, n);
  std::vector<OutputType> args;
  for (Endpoint e : n.inputs()) args.push_back(g.type(e));
  args.erase(args.begin(), args.begin() + FirstArgument(kind));
  if (kind == CallKind::kCounted) return CountedTypes(g, n, functions[0], std::move(args));
  if (kind == CallKind::kLoop) return LoopTypes(g, n, functions[0], functions[1], std::move(args));
  return BranchTypes(g, n, functions, args);
}

}  // namespace

InferenceScope::InferenceScope() { ++learnt.scopes; }
InferenceScope::~InferenceScope() {
  if (--learnt.scopes > 0) return;
  learnt.instances.clear();
  learnt.nodes = 0;
}

Status CountInferred(const Function& f, const Graph& body) {
  learnt.nodes += body.num_nodes();
  if (learnt.nodes <= kMaxUnfoldedNodes) return {};
  return ResourceExhausted(fmt::format("calls function '{}', by which inference would walk over {} nodes of bodies",
                                       f.name, kMaxUnfoldedNodes))
      .Help("a function that calls others twice, they again others twice, and so on, unfolds exponentially");
}

std::optional<std::map<Dim, Dim>> SameButSymbols(const std::vector<OutputType>& a, const std::vector<OutputType>& b) {
  if (a.size() != b.size()) return std::nullopt;
  for (size_t i = 0; i < a.size(); ++i) {
    const OutputType &x = a[i], &y = b[i];
    bool alike = x.dtype == y.dtype && x.shape.rank() == y.shape.rank() && x.handle_dtype == y.handle_dtype &&
                 x.SameResource(y) && x.handle_shape.rank() == y.handle_shape.rank() &&
                 x.value.has_value() == y.value.has_value();
    if (!alike || (x.value && x.value->size() != y.value->size())) return std::nullopt;
  }
  std::vector<Dim> dims;
  ForEachDim(a, [&](Dim d) { dims.push_back(d); });
  std::map<Dim, Dim> there, back;
  size_t at = 0;
  bool same = true;
  ForEachDim(b, [&](Dim d) {
    Dim mine = dims[at++];
    if (!IsSymbol(mine) || !IsSymbol(d)) same &= mine == d;
    else same &= there.emplace(mine, d).first->second == d && back.emplace(d, mine).first->second == mine;
  });
  return same ? std::optional(std::move(there)) : std::nullopt;
}

Status InferCall(Graph& g, NodeId id) {
  const Node& n = g.node(id);
  if (CallKindOf(g, n) == CallKind::kNone) return {};
  auto types = CallTypes(g, n);
  if (!types.ok()) return NodeError(n, "function", types.status());
  for (size_t i = 0; i < types->size(); ++i) {
    OutputType& t = (*types)[i];
    if (DType own = n.outputs()[i].dtype; own != DType::kInvalid) t.dtype = own;
    WEIR_RETURN_IF_ERROR(g.SetOutputType(id, static_cast<int>(i), std::move(t)));
  }
  return {};
}

}  // namespace weir
