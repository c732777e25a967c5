#include "weir/ops/model/control_flow.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/functions.h"
#include "weir/graph/subgraph.h"

namespace weir {

namespace {

// A body under construction: a builder of its own, its first arguments, and what it returned.
struct Trace {
  std::unique_ptr<Builder> body;
  int num_results = 0;

  const std::vector<Output>& captures() const { return body->captures(); }
};

Status AddResult(Builder& body, const Output& value, int index) {
  Output inner = body.Capture(value);
  if (!inner.valid()) return InvalidArgument(fmt::format("result {} of a body is invalid", index));
  return AddRetval(body.mutable_graph(), fmt::format("ret{}", index), index, inner.endpoint()).status();
}

Result<Trace> TraceBody(Builder& outer, const std::vector<OutputType>& args, const BodyFn& fn) {
  Trace t;
  t.body = std::make_unique<Builder>(&outer, static_cast<int>(args.size()));
  Builder& b = *t.body;
  Outputs inputs;
  for (size_t i = 0; i < args.size(); ++i) {
    Output a = b.Add("_Arg", {}, {{"T", BaseType(args[i].dtype)}, {"index", static_cast<int64_t>(i)}},
                     {.name = fmt::format("arg{}", i)});
    if (!a.valid()) return b.status();
    OutputType type = args[i];
    type.dtype = BaseType(type.dtype);
    type.value.reset();
    WEIR_RETURN_IF_ERROR(b.mutable_graph().SetOutputType(a.endpoint().node, 0, type));
    inputs.push_back(a);
  }
  Outputs results;
  {
    auto tracing = b.Tracing();
    results = fn(inputs);
  }
  WEIR_RETURN_IF_ERROR(b.status());
  for (size_t i = 0; i < results.size(); ++i) WEIR_RETURN_IF_ERROR(AddResult(b, results[i], static_cast<int>(i)));
  t.num_results = static_cast<int>(results.size());
  return t;
}

// Renumbers the captures of a body to their places in `all` and adds arguments for those it does not use.
Status AlignCaptures(Trace& t, int num_args, const std::vector<Output>& all) {
  Graph& g = t.body->mutable_graph();
  std::vector<NodeId> nodes = ArgNodes(g);
  std::vector<Output> mine = t.captures();
  for (size_t k = 0; k < all.size(); ++k) {
    auto it =
        std::find_if(mine.begin(), mine.end(), [&](const Output& o) { return o.endpoint() == all[k].endpoint(); });
    int64_t index = num_args + static_cast<int64_t>(k);
    if (it != mine.end()) {
      WEIR_RETURN_IF_ERROR(g.SetAttr(nodes[num_args + (it - mine.begin())], "index", index));
      continue;
    }
    WEIR_RETURN_IF_ERROR(
        AddArg(g, fmt::format("unused{}", index), index, all[k].builder()->graph().type(all[k].endpoint())).status());
  }
  return {};
}

std::vector<Output> Union(const std::vector<Output>& a, const std::vector<Output>& b) {
  std::vector<Output> all = a;
  for (const Output& o : b) {
    if (std::none_of(a.begin(), a.end(), [&](const Output& x) { return x.endpoint() == o.endpoint(); }))
      all.push_back(o);
  }
  return all;
}

Outputs OutputsOf(Builder& b, Operation op, size_t count) {
  Outputs outputs;
  for (size_t i = 0; i < count && op.valid(); ++i) outputs.push_back(b.OutputOf(op, static_cast<int>(i)));
  return outputs.size() == count ? outputs : Outputs(count);
}

// Whether what has `shape` has the sizes that `invariant` tells.
bool Holds(const PartialShape& invariant, const PartialShape& shape) {
  if (!invariant.known_rank()) return true;
  if (shape.rank() != invariant.rank()) return false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (Known(invariant[i]) && invariant[i] != shape[i]) return false;
  }
  return true;
}

// Fails the builder with a status that says where; `asked` invalid outputs.
Outputs Refuse(Builder& b, const char* what, const Status& s, Loc loc, size_t asked = 0) {
  Status status = s.decorated() || s.message().starts_with("error[")
                      ? s
                      : Status(s.code(), fmt::format("error[function]: {}: {}", what, s.message()));
  b.Fail(loc ? std::move(status).Detail("at " + loc.ToString()) : status);
  return Outputs(asked);
}

std::vector<OutputType> TypesOf(Builder& b, const Outputs& outputs) {
  std::vector<OutputType> types;
  for (const Output& o : outputs) types.push_back(b.graph().type(o.endpoint()));
  return types;
}

}  // namespace

FuncRef DefineFunction(At g, const std::string& name, const std::vector<DType>& args, const BodyFn& body) {
  std::vector<OutputType> types(args.size());
  for (size_t i = 0; i < args.size(); ++i) types[i].dtype = args[i];
  auto trace = TraceBody(*g.builder, types, body);
  if (trace.ok() && !trace->captures().empty()) {
    trace = Result<Trace>(InvalidArgument(fmt::format("function '{}' uses '{}' of the graph around it", name,
                                                      trace->captures()[0].name()))
                              .Help("pass it as an argument"));
  }
  if (!trace.ok()) {
    Refuse(*g.builder, "DefineFunction", trace.status(), g.loc);
    return {};
  }
  return g.builder->AddFunction(name, std::move(trace->body->mutable_graph()));
}

std::optional<HeldBody> DefineHeld(At g, const std::string& name, const std::vector<OutputType>& args,
                                   const BodyFn& body) {
  auto trace = TraceBody(*g.builder, args, body);
  if (!trace.ok()) {
    Refuse(*g.builder, name.c_str(), trace.status(), g.loc);
    return std::nullopt;
  }
  HeldBody held;
  held.captures = trace->captures();
  const Graph& inside = trace->body->graph();
  for (NodeId id : RetNodes(inside)) held.results.push_back(inside.type(inside.node(id).input(0)));
  held.function = g.builder->AddFunction(name, std::move(trace->body->mutable_graph()));
  return held;
}

FuncRef WithGradient(At g, const FuncRef& f, const FuncRef& df) {
  Builder& b = *g.builder;
  if (!b.status().ok()) return f;
  auto refuse = [&](Status s) {
    Refuse(b, "WithGradient", s, g.loc);
    return f;
  };
  for (const FuncRef* called : {&f, &df}) {
    if (!b.graph().FindFunction(called->name))
      return refuse(NotFound(fmt::format("the library has no function '{}'", called->name)));
  }
  const Function &function = *b.graph().FindFunction(f.name), &gradient = *b.graph().FindFunction(df.name);
  auto types = [](const std::vector<ArgDef>& args) {
    std::vector<DType> dtypes;
    for (const ArgDef& a : args) dtypes.push_back(a.type);  // kInvalid: its call tells
    return dtypes;
  };
  std::vector<DType> args = types(function.args), results = args;
  for (const ArgDef& r : function.rets) args.push_back(r.type);
  auto fit = [](const std::vector<DType>& a, const std::vector<DType>& b) {
    auto same = [](DType x, DType y) {
      return x == y || x == DType::kInvalid || y == DType::kInvalid || x == kResource;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
  };
  if (!fit(args, types(gradient.args)) || !fit(results, types(gradient.rets))) {
    return refuse(InvalidArgument(fmt::format("'{}' is no gradient of '{}'", df.name, f.name))
                      .Help(fmt::format("it takes the {} arguments and the gradients by the {} results, and gives the "
                                        "gradients by the arguments",
                                        function.args.size(), function.rets.size())));
  }
  if (Status s = b.mutable_graph().SetFunctionGradient(f.name, df.name); !s.ok()) return refuse(s);
  return f;
}

Outputs Call(At g, const FuncRef& f, const InputList& args, const Name& name) {
  Builder& b = *g.builder;
  const Function* function = b.graph().FindFunction(f.name);
  if (!function) return Refuse(b, "Call", NotFound(fmt::format("the library has no function '{}'", f.name)), g.loc);
  std::vector<DType> results = ResultDTypes(function->body);
  Operation op = b.AddNode(function->stateful ? "StatefulPartitionedCall" : "PartitionedCall", args,
                           {{"f", f}, {"Tout", results}}, {.name = name.name.empty() ? f.name : name.name}, g.loc);
  return OutputsOf(b, op, results.size());
}

namespace {

using BranchFn = std::function<Outputs()>;

// The results of one of `branches`, each a function called `name` and its suffix, by a node that `attrs` makes of these
// (attributes but Tout) and whose op is `op`, or `stateless_op` where no branch has effects.
struct BranchNode {
  const char *what, *op, *stateless_op;
  std::vector<std::string> suffixes;
  std::function<AttrMap(std::vector<FuncRef>)> attrs;
};
Outputs Branch(const BranchNode& node, const Input& choice, const std::vector<BranchFn>& branches,
               const std::string& name) {
  Builder* outer = BuilderOf({choice});
  if (!outer) return {};
  Builder& b = *outer;
  size_t asked = 0;
  std::vector<Trace> traces;
  std::vector<Output> captures;
  bool effects = false;
  for (const BranchFn& fn : branches) {
    auto trace = TraceBody(b, {}, [&](const Outputs&) {
      Outputs results = fn();
      if (traces.empty()) asked = results.size();
      return results;
    });
    if (!trace.ok()) return Refuse(b, node.what, trace.status(), choice.loc(), asked);
    traces.push_back(std::move(*trace));
    captures = Union(captures, traces.back().captures());
    effects |= HasEffects(traces.back().body->graph());
  }
  const std::vector<DType> results = ResultDTypes(traces[0].body->graph());
  std::vector<FuncRef> functions;
  for (size_t k = 0; k < traces.size(); ++k) {
    Status s = AlignCaptures(traces[k], 0, captures);
    if (s.ok() && results != ResultDTypes(traces[k].body->graph()))
      s = InvalidArgument("the branches give results of different number or dtypes");
    if (!s.ok()) return Refuse(b, node.what, s, choice.loc(), asked);
    functions.push_back(b.AddFunction(name + node.suffixes[k], std::move(traces[k].body->mutable_graph())));
  }
  std::vector<Input> inputs{choice};
  for (const Output& o : captures) inputs.push_back(Input(o, choice.loc()));
  AttrMap attrs = node.attrs(std::move(functions));
  attrs["Tout"] = results;
  Operation op = b.AddNode(effects ? node.op : node.stateless_op, std::move(inputs), std::move(attrs), {.name = name},
                           choice.loc());
  return OutputsOf(b, op, results.size());
}

}  // namespace

Outputs Cond(const Input& pred, const std::function<Outputs()>& then_fn, const std::function<Outputs()>& else_fn,
             const Name& name) {
  const BranchNode node{"Cond", "If", "StatelessIf", {"_true", "_false"}, [](std::vector<FuncRef> f) {
                          return AttrMap{{"then_branch", f[0]}, {"else_branch", f[1]}};
                        }};
  return Branch(node, pred, {then_fn, else_fn}, name.name.empty() ? "cond" : name.name);
}

Outputs SwitchCase(const Input& index, const std::vector<std::function<Outputs()>>& branches, const Name& name) {
  BranchNode node{"SwitchCase", "Case", "StatelessCase", {}, [](std::vector<FuncRef> f) {
                    return AttrMap{{"branches", AttrList{.func = std::move(f)}}};
                  }};
  for (size_t k = 0; k < branches.size(); ++k) node.suffixes.push_back(fmt::format("_branch{}", k));
  if (branches.empty()) {
    if (Builder* b = BuilderOf({index}))
      return Refuse(*b, "SwitchCase", InvalidArgument("no branches were given"), index.loc());
    return {};
  }
  return Branch(node, index, branches, name.name.empty() ? "switch_case" : name.name);
}

Outputs Case(const std::vector<std::pair<Output, std::function<Outputs()>>>& cases,
             const std::function<Outputs()>& otherwise, const Name& name) {
  std::function<Outputs()> rest = otherwise;
  for (auto it = cases.rbegin(); it != cases.rend(); ++it) {
    rest = [pred = it->first, fn = it->second, rest = std::move(rest), named = name.name.empty() ? "case" : name.name] {
      return Cond(pred, fn, rest, {.name = named});
    };
  }
  return rest();
}

Output Cond(const Input& pred, const std::function<Output()>& then_fn, const std::function<Output()>& else_fn,
            const Name& name) {
  auto one = [](const std::function<Output()>& f) { return [&f] { return Outputs{f()}; }; };
  Outputs results = Cond(pred, std::function<Outputs()>(one(then_fn)), std::function<Outputs()>(one(else_fn)), name);
  return results[0];
}

namespace {

// The types that loop variables have in every iteration.
Result<std::vector<OutputType>> LoopTypes(Builder& b, const Outputs& start, const WhileOptions& o) {
  std::vector<OutputType> types = TypesOf(b, start);
  if (o.shape_invariants.empty()) return types;
  if (o.shape_invariants.size() != types.size()) {
    return InvalidArgument(
        fmt::format("has {} shape invariants for {} loop variables", o.shape_invariants.size(), types.size()));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (!Holds(o.shape_invariants[i], types[i].shape)) {
      return InvalidArgument(fmt::format("has the shape invariant {} for loop variable {}, which is {} at first",
                                         o.shape_invariants[i].ToString(), i, types[i].shape.ToString()));
    }
    types[i].shape = o.shape_invariants[i];
  }
  return types;
}

// Whether the body keeps the sizes that were told.
Status CheckInvariants(const Graph& body, const std::vector<OutputType>& types) {
  const std::vector<NodeId> results = RetNodes(body);
  for (size_t i = 0; i < types.size() && i < results.size(); ++i) {
    const PartialShape& after = body.type(body.node(results[i]).input(0)).shape;
    if (Holds(types[i].shape, after)) continue;
    return InvalidArgument(fmt::format("loop variable {} is {}, but {} after an iteration", i,
                                       types[i].shape.ToString(), after.ToString()))
        .Help("give an unknown size where it changes");
  }
  return {};
}

}  // namespace

Outputs WhileLoop(At g, const std::function<Output(const Outputs&)>& cond, const BodyFn& body,
                  const InputList& loop_vars, const WhileOptions& o) {
  Builder& b = *g.builder;
  Loc loc = g.loc;
  Outputs start;
  for (const Input& in : loop_vars)
    start.push_back(in.is_literal() ? b.Add("Identity", {in}, {}, {.name = "loop_var"}, in.loc())
                                    : b.Capture(in.output()));
  const size_t asked = start.size();
  auto refuse = [&](const Status& s) { return Refuse(b, "WhileLoop", s, loc, asked); };
  if (!b.status().ok()) return Outputs(asked);
  for (size_t i = 0; i < asked; ++i) {
    if (!start[i].valid()) return refuse(InvalidArgument(fmt::format("loop variable {} is an invalid output", i)));
  }
  auto types = LoopTypes(b, start, o);
  if (!types.ok()) return refuse(types.status());
  // What counts iterations comes behind the loop's own variables.
  if (o.max_iterations) {
    start.push_back(b.Constant(Tensor(0), {.name = "loop_counter"}));
    types->push_back(b.graph().type(start.back().endpoint()));
  }
  auto own = [&](const Outputs& v) { return Outputs(std::vector<Output>(v.begin(), v.begin() + asked)); };
  auto goes_on = [&](const Outputs& v) {
    Output more = cond(own(v));
    auto at = v[asked].builder() ? v[asked].builder()->At(loc) : Builder::Guard({});
    return Outputs{o.max_iterations ? Make("LogicalAnd", {Make("Less", {v[asked], *o.max_iterations}), more}) : more};
  };
  size_t given = 0;
  auto iteration = [&](const Outputs& v) {
    Outputs results = body(own(v));
    given = results.size();
    if (o.max_iterations) results.push_back(Make("AddV2", {v[asked], 1}));
    return results;
  };
  const int n = static_cast<int>(start.size());
  auto cond_trace = TraceBody(b, *types, goes_on);
  if (!cond_trace.ok()) return refuse(cond_trace.status());
  auto body_trace = TraceBody(b, *types, iteration);
  if (!body_trace.ok()) return refuse(body_trace.status());
  if (given != asked)
    return refuse(InvalidArgument(fmt::format("the body gives {} results for {} loop variables", given, asked)));
  if (Status s = o.shape_invariants.empty() ? Status() : CheckInvariants(body_trace->body->graph(), *types); !s.ok())
    return refuse(s);
  std::vector<Output> captures = Union(cond_trace->captures(), body_trace->captures());
  for (Trace* t : {&*cond_trace, &*body_trace}) {
    if (Status s = AlignCaptures(*t, n, captures); !s.ok()) return refuse(s);
  }
  // Captures go round the loop unchanged.
  Builder& inner = *body_trace->body;
  std::vector<NodeId> args = ArgNodes(inner.graph());
  for (size_t k = 0; k < captures.size(); ++k) {
    int index = n + static_cast<int>(k);
    if (Status s = AddResult(inner, Output(&inner, {args[index], 0}), index); !s.ok()) return refuse(s);
  }
  bool effects = HasEffects(inner.graph()) || HasEffects(cond_trace->body->graph());
  std::string base = o.name.empty() ? "while" : o.name;
  FuncRef cond_ref = b.AddFunction(base + "_cond", std::move(cond_trace->body->mutable_graph()));
  FuncRef body_ref = b.AddFunction(base + "_body", std::move(inner.mutable_graph()));
  AttrMap attrs{{"cond", cond_ref}, {"body", body_ref}, {"parallel_iterations", o.parallel_iterations}};
  std::vector<Input> inputs;
  AttrList shapes;
  for (const OutputType& t : *types) shapes.shape.push_back(t.shape);
  for (const Output& output : start) inputs.push_back(Input(output, loc));
  for (const Output& output : captures) {
    inputs.push_back(Input(output, loc));
    shapes.shape.push_back(b.graph().ShapeOf(output.endpoint()));
  }
  if (!o.shape_invariants.empty()) attrs["output_shapes"] = std::move(shapes);
  Operation op =
      b.AddNode(effects ? "While" : "StatelessWhile", std::move(inputs), std::move(attrs), {.name = base}, loc);
  return OutputsOf(b, op, asked);
}

}  // namespace weir
