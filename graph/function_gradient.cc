#include "weir/graph/function_gradient.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "weir/graph/expand.h"
#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"

namespace weir {

namespace {

constexpr size_t kMaxRemembered = 1 << 14;  // tensors, of one call or branch

PartialShape WithoutSymbols(PartialShape s) {
  for (int i = 0; i < s.rank(); ++i) s[i] = Known(s[i]) ? s[i] : kUnknownDim;
  return s;
}

// Computed anew rather than remembered, where its inputs are at hand: it costs nothing, or next to that.
bool IsCheap(const Graph& g, const Node& n) {
  const OpDef* def = n.def();
  if (!def || def->stateful() || def->fed() || !def->reads().empty() || def->calls() != CallKind::kNone) return false;
  if (n.Is("Const") || def->shape_only()) return true;
  return def->flops() && !n.outputs().empty() && FlopsOf(g, n) == 0;
}

}  // namespace

Status FunctionGradient::Differentiate(const Function& f, const AttrMap& attrs, const std::vector<OutputType>& args,
                                       const std::vector<bool>& given, const std::vector<bool>& wanted) {
  WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(outer_.graph(), f, attrs, args));
  const std::vector<NodeId> arg_nodes = ArgNodes(body), ret_nodes = RetNodes(body);
  num_results_ = static_cast<int>(ret_nodes.size());
  if (ret_nodes.size() != given.size()) {  // a signature of lists does not tell
    return InvalidArgument(
        fmt::format("has {} outputs, but function '{}' gives {} results", given.size(), f.name, ret_nodes.size()));
  }
  gradients_.resize(args.size());
  grad_args_.resize(ret_nodes.size());

  // Of a result the function may know more than the node that calls it: that what a list holds are integers.
  std::vector<bool> flows(given.size());
  for (size_t j = 0; j < given.size(); ++j)
    flows[j] = given[j] && Differentiable(body.type(body.node(ret_nodes[j]).input(0)));
  const auto num_flows = std::count(flows.begin(), flows.end(), true);
  inner_ = std::make_unique<Builder>(&outer_, static_cast<int>(args.size() + num_flows));
  Graph& g = inner_->mutable_graph();
  g = std::move(body);
  WEIR_RETURN_IF_ERROR(Expand(*inner_).status());
  num_forward_ = g.num_ids();
  for (int j = 0; j < num_results_; ++j) results_.emplace(g.node(ret_nodes[j]).input(0), j);
  std::vector<Output> ys, xs;
  GradientOptions options;
  for (size_t j = 0; j < ret_nodes.size(); ++j) {
    if (!flows[j]) continue;
    const Endpoint y = g.node(ret_nodes[j]).input(0);
    OutputType type = g.type(y);
    if (BaseType(type.dtype) == kResource) type = {.dtype = type.handle_dtype, .shape = type.handle_shape};
    const auto index = static_cast<int64_t>(args.size() + ys.size());
    WEIR_ASSIGN_OR_RETURN(grad_args_[j], AddArg(g, fmt::format("grad{}", j), index, type));
    ys.push_back({inner_.get(), y});
    options.grad_ys.push_back({inner_.get(), {grad_args_[j], 0}});
  }
  std::vector<size_t> by;
  for (size_t i = 0; i < args.size(); ++i) {
    if (wanted[i]) by.push_back(i), xs.push_back({inner_.get(), {arg_nodes[i], 0}});
  }
  if (ys.empty()) return {};
  auto tracing = inner_->Tracing();
  auto gradients = GradientsOf(*inner_, ys, xs, options);
  if (!gradients.ok()) return Status(gradients.status()).Detail(fmt::format("in function '{}'", f.name));
  for (size_t k = 0; k < by.size(); ++k) gradients_[by[k]] = (*gradients)[k].ToDense();
  return inner_->status();
}

Status FunctionGradient::GiveZeros(size_t arg) {
  auto tracing = inner_->Tracing();
  const Output x(inner_.get(), {ArgNodes(inner_->graph())[arg], 0});
  if (x.dtype() == kResource) {
    const OutputType& type = inner_->graph().type(x.endpoint());
    Output shape = Make("VariableShape", {x});
    gradients_[arg] = Make("Fill", {shape, inner_->Constant(Tensor::Zeros(type.handle_dtype, {}))});
  } else {
    gradients_[arg] = Make("ZerosLike", {x});
  }
  return inner_->status();
}

// By forward node: whether the backward function can make it anew from arguments and constants alone.
std::vector<bool> FunctionGradient::FindFree() const {
  const Graph& g = inner_->graph();
  std::vector<bool> free(g.num_ids());
  const auto order = TopologicalOrder(g);
  if (!order.ok()) return free;
  for (NodeId id : *order) {
    const Node& n = g.node(id);
    if (!IsForward(id)) continue;
    auto at_hand = [&](Endpoint e) { return free[e.node.value]; };
    free[id.value] = n.Is("_Arg") ? IsAtHand(n)
                                  : IsCheap(g, n) && std::all_of(n.inputs().begin(), n.inputs().end(), at_hand);
  }
  return free;
}

bool FunctionGradient::IsAtHand(const Node& arg) const {
  const auto index = static_cast<size_t>(arg.attr<int64_t>("index"));
  return index >= at_hand_.args.size() || at_hand_.args[index];
}

// What stands for an output that the backward part reads and does not compute.
Result<FunctionGradient::Need> FunctionGradient::NeedOf(Endpoint e) {
  const Graph& g = inner_->graph();
  if (const Node& n = g.node(e.node); n.Is("_Arg") && IsAtHand(n)) {
    const int index = static_cast<int>(n.attr<int64_t>("index")), num_args = static_cast<int>(gradients_.size());
    if (index < num_args) return Need{Need::kArg, index};
    auto grad = std::find(grad_args_.begin(), grad_args_.end(), e.node);
    if (grad != grad_args_.end()) return Need{Need::kGrad, static_cast<int>(grad - grad_args_.begin())};
    const auto given = std::count_if(grad_args_.begin(), grad_args_.end(), [](NodeId id) { return id.valid(); });
    return Need{Need::kCapture, index - num_args - static_cast<int>(given)};
  }
  if (auto j = results_.find(e); at_hand_.results && j != results_.end()) return Need{Need::kResult, j->second};
  if (BaseType(g.type(e).dtype) == kResource) {
    return NodeError(g.node(e.node), "function",
                     Unimplemented("makes a handle in a function that is differentiated")
                         .Help("make the variable outside"));
  }
  if (remembered_.size() >= kMaxRemembered) {
    return ResourceExhausted(fmt::format("remembers over {} tensors for its gradient", kMaxRemembered))
        .Help("a function that calls others twice, they again others twice, and so on, unfolds exponentially");
  }
  remembered_.push_back(e);
  remembered_types_.push_back(g.type(e));
  return Need{Need::kResult, first_remembered_ + static_cast<int>(remembered_.size()) - 1};
}

Status FunctionGradient::Split(int first_remembered, AtHand at_hand) {
  first_remembered_ = first_remembered, at_hand_ = std::move(at_hand);
  const Graph& g = inner_->graph();
  const std::vector<bool> free = FindFree();
  std::vector<bool> seen(g.num_ids());
  std::set<Endpoint> known;
  std::vector<NodeId> stack;
  auto visit = [&](Endpoint e) -> Status {
    if (!g.node(e.node).Is("_Arg") && (!IsForward(e.node) || free[e.node.value])) {
      if (!seen[e.node.value]) seen[e.node.value] = true, stack.push_back(e.node);
    } else if (known.insert(e).second) {
      WEIR_ASSIGN_OR_RETURN(Need need, NeedOf(e));
      needs_.push_back(need);
      endpoints_[need] = e;
    }
    return {};
  };
  for (const Output& gradient : gradients_) {
    if (gradient.valid()) WEIR_RETURN_IF_ERROR(visit(gradient.endpoint()));
  }
  while (!stack.empty()) {
    const Node& n = g.node(stack.back());
    backward_.push_back(stack.back());
    stack.pop_back();
    for (Endpoint e : n.inputs()) WEIR_RETURN_IF_ERROR(visit(e));
  }
  std::sort(backward_.begin(), backward_.end());
  return {};
}

std::vector<OutputType> FunctionGradient::TypesOf(const std::vector<Need>& needs) const {
  std::vector<OutputType> types;
  for (const Need& need : needs) types.push_back(inner_->graph().type(endpoints_.at(need)));
  return types;
}

Result<Graph> FunctionGradient::Body() const {
  Graph g = inner_->graph();
  std::vector<NodeId> own = g.nodes();
  std::erase_if(own, [&](NodeId id) { return !IsForward(id); });
  // With what they need: a loop that has become a forward one begins with lists that were made behind it.
  WEIR_RETURN_IF_ERROR(g.Retain(NeededBy(g, std::move(own))));
  return g;
}

Result<Graph> FunctionGradient::Forward(const std::vector<OutputType>& before,
                                        const std::vector<OutputType>& after) const {
  WEIR_ASSIGN_OR_RETURN(Graph g, Body());
  int64_t index = num_results_;
  auto give = [&](Endpoint e) { return AddRetval(g, fmt::format("remembered{}", index), index, e).status(); };
  auto fake = [&](const std::vector<OutputType>& types) -> Status {
    for (const OutputType& t : types) {
      NodeSpec spec{.op = "FakeParam", .name = g.UniqueName("fake")};
      spec.attrs = {{"dtype", BaseType(t.dtype)}, {"shape", WithoutSymbols(t.shape)}};
      WEIR_ASSIGN_OR_RETURN(NodeId id, g.AddNode(std::move(spec)));
      WEIR_RETURN_IF_ERROR(give({id, 0}));
      ++index;
    }
    return {};
  };
  WEIR_RETURN_IF_ERROR(fake(before));
  for (Endpoint e : remembered_) {
    WEIR_RETURN_IF_ERROR(give(e));
    ++index;
  }
  WEIR_RETURN_IF_ERROR(fake(after));
  return g;
}

Result<Graph> FunctionGradient::Backward(const std::vector<Need>& needs, const std::vector<OutputType>& types,
                                         const std::vector<size_t>& args) const {
  const Graph& g = inner_->graph();
  Graph body(&g.registry());
  body.ShareFunctions(g);
  SubgraphCopy copy(g, body);
  for (size_t i = 0; i < needs.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(NodeId arg, AddArg(body, fmt::format("arg{}", i), static_cast<int64_t>(i), types[i]));
    if (auto e = endpoints_.find(needs[i]); e != endpoints_.end()) copy.Substitute(e->second, {arg, 0});
  }
  auto free_name = [&](const Node& n, NodeSpec& spec) {
    spec.name = body.UniqueName(n.name());
    return Status();
  };
  WEIR_RETURN_IF_ERROR(copy.AddNodes(backward_, free_name));
  WEIR_RETURN_IF_ERROR(copy.Connect());
  for (size_t k = 0; k < args.size(); ++k) {
    const Endpoint value = copy[gradients_[args[k]].endpoint()];
    WEIR_RETURN_IF_ERROR(AddRetval(body, fmt::format("ret{}", k), static_cast<int64_t>(k), value).status());
  }
  return body;
}

Output Given(GradContext& c, const FunctionGradient::Need& need, int first_arg, const std::vector<Output>& captures) {
  switch (need.kind) {
    case FunctionGradient::Need::kArg: return c.input(first_arg + need.index);
    case FunctionGradient::Need::kResult: return c.output(need.index);
    case FunctionGradient::Need::kGrad: return c.grad(need.index);
    case FunctionGradient::Need::kCapture: return captures[need.index];
  }
  return {};
}

namespace {

// What a call's function was made into, for later calls of it.
struct Derived {
  AttrMap attrs;
  std::vector<OutputType> args;
  std::vector<bool> given, wanted;
  FuncRef forward, backward;
  std::vector<DType> results;  // of the forward function
  std::vector<FunctionGradient::Need> needs;
  std::vector<Output> captures;
  std::vector<size_t> by;  // arguments, one a result of the backward function

  bool IsFor(const AttrMap& a, const std::vector<OutputType>& types, const std::vector<bool>& g,
             const std::vector<bool>& w) const {
    return attrs == a && given == g && wanted == w && SameButSymbols(args, types).has_value();
  }
};
// Kept with a builder, by the function's name.
struct DerivedFunctions {
  std::multimap<std::string, Derived> all;
};

// Fills in what the function is made into. The types of what the backward function takes are those inside.
Status Derive(Builder& b, const Function& f, const FuncRef& called, Derived* d) {
  FunctionGradient gradient(b);
  WEIR_RETURN_IF_ERROR(gradient.Differentiate(f, d->attrs, d->args, d->given, d->wanted));
  for (size_t i = 0; i < d->args.size(); ++i) {
    if (gradient.gives(i)) d->by.push_back(i);
  }
  WEIR_RETURN_IF_ERROR(gradient.Split(static_cast<int>(d->given.size())));
  d->needs = gradient.needs(), d->captures = gradient.captures();
  WEIR_ASSIGN_OR_RETURN(Graph backward, gradient.Backward(d->needs, gradient.TypesOf(d->needs), d->by));
  d->backward = b.AddFunction(f.name + "_grad", std::move(backward));
  WEIR_ASSIGN_OR_RETURN(Graph forward, gradient.Forward());
  d->results = ResultDTypes(forward);
  d->forward = gradient.remembered().empty() ? called : b.AddFunction(f.name + "_forward", std::move(forward));
  return b.status();
}

Result<const Derived*> DerivedOf(Builder& b, const Function& f, const FuncRef& called, Derived key) {
  auto& kept = b.Kept<DerivedFunctions>().all;
  auto [begin, end] = kept.equal_range(f.name);
  for (auto it = begin; it != end; ++it) {
    if (it->second.IsFor(key.attrs, key.args, key.given, key.wanted)) return &it->second;
  }
  WEIR_RETURN_IF_ERROR(Derive(b, f, called, &key));
  return &kept.emplace(f.name, std::move(key))->second;
}

// Lets the node call the forward function.
Status CallForward(Builder& b, NodeId id, const Derived& d) {
  Graph& g = b.mutable_graph();
  if (g.node(id).def()) {
    WEIR_RETURN_IF_ERROR(SetCalledFunctions(g, id, {d.forward}, {{"Tout", d.results}}));
  } else {  // its op was the function's name
    std::vector<DType> args;
    for (const OutputType& t : d.args) args.push_back(BaseType(t.dtype));
    const AttrMap attrs{{"f", d.forward}, {"Tin", args}, {"Tout", d.results}};
    WEIR_RETURN_IF_ERROR(g.SetOp(id, CallOp(b.graph(), d.forward), attrs));
  }
  return InferNode(g, id);
}

// Calls the function that the called one has for a gradient.
Status CallOwnGradient(GradContext& c, const FuncRef& gradient) {
  Builder& b = c.builder();
  WEIR_RETURN_IF_ERROR(FindCalled(b.graph(), gradient).status());
  std::vector<Input> inputs;
  std::vector<DType> results;
  for (int i = 0; i < c.num_inputs(); ++i) {
    inputs.push_back(c.input(i));
    const OutputType& type = b.graph().type(c.input(i).endpoint());
    results.push_back(BaseType(type.dtype) == kResource ? type.handle_dtype : BaseType(type.dtype));
  }
  for (int j = 0; j < c.num_outputs(); ++j) inputs.push_back(c.grad(j));
  Operation op = b.AddNode(CallOp(b.graph(), gradient), std::move(inputs), {{"f", gradient}, {"Tout", results}},
                           {.name = gradient.name});
  for (int i = 0; i < c.num_inputs() && op.valid(); ++i) {
    if (c.wants(i)) c.set(i, b.OutputOf(op, i));
  }
  return b.status();
}

}  // namespace

Status CallGradient(GradContext& c) {
  Builder& b = c.builder();
  const Node call = b.graph().node(c.id());  // copied: what is built moves it
  const FuncRef called = CalledFunctions(b.graph(), call)[0];
  WEIR_ASSIGN_OR_RETURN(const Function* f, FindCalled(b.graph(), called));
  if (!f->gradient.empty()) return CallOwnGradient(c, {f->gradient, called.attrs});
  Derived key;
  key.attrs = called.attrs;
  for (int i = 0; i < c.num_inputs(); ++i) {
    key.args.push_back(b.graph().type(call.input(i)));
    key.wanted.push_back(c.wants(i));
  }
  for (int j = 0; j < c.num_outputs(); ++j) key.given.push_back(c.has_grad(j));
  WEIR_ASSIGN_OR_RETURN(const Derived* d, DerivedOf(b, *f, called, std::move(key)));
  if (d->results.size() != call.outputs().size()) WEIR_RETURN_IF_ERROR(CallForward(b, c.id(), *d));

  std::vector<Input> inputs;
  for (const FunctionGradient::Need& need : d->needs) inputs.push_back(Given(c, need, 0, d->captures));
  const std::vector<DType> results = ResultDTypes(b.graph().FindFunction(d->backward.name)->body);
  Operation op = b.AddNode(CallOp(b.graph(), d->backward), std::move(inputs), {{"f", d->backward}, {"Tout", results}},
                           {.name = f->name + "_grad"});
  for (size_t k = 0; k < d->by.size() && op.valid(); ++k)
    c.set(static_cast<int>(d->by[k]), b.OutputOf(op, static_cast<int>(k)));
  return b.status();
}

}  // namespace weir
